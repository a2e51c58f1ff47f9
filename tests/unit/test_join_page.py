"""The page for phones over HTTP, on a real context: taking requests, limits, and approval."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.errors import QueueUnavailable, StoreUnavailable
from core.settings import Settings
from dashboard import access, runtime
from dashboard.access import Policy
from dashboard.audience import visitors
from dashboard.audience.page import MAX_PROMPT
from dashboard.gallery.approvals import Approvals
from dashboard.gallery.index import GalleryIndex
from dashboard.recordings.folder import BUNDLED
from dashboard.recordings.reader import read as read_recording
from dashboard.recordings.replay import Replay
from dashboard.recordings.replay_backends import NOTHING_CHANGES
from dashboard.routes import api, files, join
from dashboard.runtime.context import AppContext
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.conditions import wait_until
from wire.messages.job import JobRequest, new_job
from wire.messages.picture import picture_name
from wire.stores import approval
from wire.stores.directory import DirectoryStore

HOSTILE = "<img src=x onerror=alert(1)> & 'quotes' \"too\""


def settings_of(folder: Path, **fields: object) -> Settings:
    """Make settings of a dashboard without workers."""
    return Settings(_env_file=None, data_dir=folder, fleet="none", **fields)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[AppContext]:
    """Run a dashboard."""
    try:
        yield runtime.start(settings_of(tmp_path))
    finally:
        runtime.stop()


@pytest.fixture
def phone(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Be a phone that keeps its cookie and has opened the page."""
    assert context.replaying is False
    monkeypatch.setattr(join, "_visitors", visitors.default_limits())
    client = TestClient(Starlette(routes=[*join.ROUTES, *api.ROUTES, *files.ROUTES]))
    client.get("/join")
    return client


@pytest.fixture
def worker(context: AppContext) -> Iterator[ScriptedWorker]:
    """Be the only worker."""
    worker = ScriptedWorker(context.settings.data_dir)
    yield worker
    worker.close()


def send(phone: TestClient, prompt: str) -> str:
    """Send a prompt; return the job's id."""
    answer = phone.post("/join", data={"prompt": prompt}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix("/join?job=")


def test_request_is_taken_and_followed(phone: TestClient, worker: ScriptedWorker):
    """A form alone is enough: the request is on the queue, and its picture comes."""
    job_id = send(phone, "a green dog")
    assert "1st in queue" in phone.get(f"/join?job={job_id}").text
    assert 'http-equiv="refresh"' in phone.get(f"/join/jobs/{job_id}").text
    worker.generate()
    wait_until(lambda: '<img src="/pictures/' in phone.get(f"/join/jobs/{job_id}").text)
    wait_until(lambda: 'http-equiv="refresh"' not in phone.get(f"/join/jobs/{job_id}").text)


def test_suggestion_is_sent_with_one_tap(phone: TestClient, context: AppContext):
    """A suggestion's button sends it, whatever is in the field."""
    half = 'half a "<b>'
    answer = phone.post("/join", data={"prompt": half, "suggestion": "cartoon dwarf"})
    assert [view.job.prompt for view in context.journal.jobs()] == ["cartoon dwarf"]
    assert ">half a &#34;&lt;b&gt;</textarea>" in answer.text  # and what was typed is kept


def test_text_of_people_is_never_markup(phone: TestClient):
    """A hostile prompt is shown as typed, in the field and beside its picture."""
    job_id = send(phone, HOSTILE)
    refused = phone.post("/join", data={"prompt": HOSTILE + "x" * MAX_PROMPT}).text
    for html in (phone.get(f"/join?job={job_id}").text, refused):
        assert "<img src=x" not in html
        assert "&lt;img src=x onerror=alert(1)&gt; &amp; &#39;quotes&#39; &#34;too" in html


@pytest.mark.parametrize(
    ("prompt", "code"),
    [("", 422), ("  \n", 422), ("x" * (MAX_PROMPT + 1), 422), ("a nude cat", 422), ("\x00", 422)],
)
def test_what_is_not_taken_keeps_its_text(
    phone: TestClient, context: AppContext, prompt: str, code: int
):
    """A refusal is a sentence, and the field holds what was typed."""
    answer = phone.post("/join", data={"prompt": prompt})
    assert answer.status_code == code
    assert ("Your text is still here." in answer.text) == (prompt != "")
    assert f">{prompt}</textarea>" in answer.text
    assert context.journal.jobs() == ()


def test_body_is_bounded(phone: TestClient):
    """Nobody fills the memory through the form."""
    answer = phone.post("/join", data={"prompt": "x" * 100_000})
    assert answer.status_code == 422
    assert "too long" in answer.text
    assert "still here" not in answer.text
    assert len(answer.text) < 10_000


def test_end_of_a_line_counts_once(phone: TestClient, context: AppContext):
    """What the field takes is taken: a form sends each line's end as two characters."""
    lines = "\r\n".join(["x"] * 100)
    assert phone.post("/join", data={"prompt": lines + "y"}).status_code == 200
    assert phone.post("/join", data={"prompt": lines + "yy"}).status_code == 422
    assert len(context.journal.jobs()) == 1


def test_replay_takes_no_request(
    phone: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """While a recording plays, the page says that first, and nothing is sent."""
    recording = read_recording(BUNDLED)
    monkeypatch.setattr(runtime, "current", Replay(recording, settings_of(tmp_path)).context)
    answer = phone.post("/join", data={"prompt": "x" * (MAX_PROMPT + 1)})
    assert NOTHING_CHANGES in answer.text
    assert context.journal.jobs() == ()


def test_queue_that_is_away_is_said(
    phone: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """Without its queue the page says so, and the text is kept."""

    def publish(*_: object) -> None:
        raise QueueUnavailable("The queue is away.")

    monkeypatch.setattr(context.queue, "publish", publish)
    answer = phone.post("/join", data={"prompt": "a cat"})
    assert answer.status_code == 503
    assert "The queue is away. Your text is still here." in answer.text


def test_visitor_waits_and_others_do_not(phone: TestClient, context: AppContext):
    """Three may follow each other; then a sentence says how long, for this visitor only."""
    for number in range(3):
        send(phone, f"cat {number}")
    refused = phone.post("/join", data={"prompt": "cat 4"})
    assert refused.status_code == 429
    assert "Please send again in 10 seconds. Your text is still here." in refused.text
    assert refused.headers["retry-after"] == "10"
    other = TestClient(phone.app)
    other.get("/join")
    send(other, "another's cat")
    assert len(context.journal.jobs()) == 4


def test_address_that_forgets_its_cookies_waits_too(phone: TestClient):
    """Who sends without a cookie shares one allowance with all who do at that address."""
    codes = [
        TestClient(phone.app).post("/join", data={"prompt": "cat"}, follow_redirects=False)
        for _ in range(4)
    ]
    assert [answer.status_code for answer in codes] == [303, 303, 303, 429]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil"},
        {"origin": "http://testserver:8501"},
        {"origin": "null"},
    ],
    ids=str,
)
def test_forms_of_other_sites_are_refused(
    phone: TestClient, context: AppContext, headers: dict[str, str]
):
    """No other site's page sends requests in a visitor's name."""
    answer = phone.post("/join", data={"prompt": "a cat"}, headers=headers)
    assert answer.status_code == 403
    assert ">a cat</textarea>" in answer.text
    assert context.journal.jobs() == ()


@pytest.mark.parametrize("public_url", ["http://talk.example", "http://Talk.example:80/join"])
def test_public_address_is_this_site_whatever_a_proxy_writes(tmp_path: Path, public_url: str):
    """Phones on plain HTTP behind a proxy that rewrites Host send, once PUBLIC_URL is set."""
    try:
        context = runtime.start(settings_of(tmp_path, public_url=public_url))
        phone = TestClient(Starlette(routes=join.ROUTES))
        headers = {"origin": "http://talk.example", "host": "10.0.0.7:8501"}
        phone.post("/join", data={"prompt": "a cat"}, headers=headers)
        assert len(context.journal.jobs()) == 1
    finally:
        runtime.stop()


def test_page_is_light_and_asks_nobody_else(phone: TestClient):
    """A few KB in all, no script in the page, and a policy that lets nothing else in."""
    context = [phone.get(path) for path in ("/join", "/join/page.css", "/join/page.js")]
    assert sum(len(part.content) for part in context) < 10_000
    policy = context[0].headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in context[0].text.replace("http-equiv", "")
    cookie = phone.get("/join", headers={"cookie": ""}).headers.get("set-cookie", "")
    assert "HttpOnly" in cookie or visitors.is_token(phone.cookies["visitor"])


def test_where_people_log_in_visitors_need_approval(
    phone: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """With login, what did not come from a member is taken only if a presenter looks at it."""
    policy = Policy(login=True, key=SecretStr("a long enough key"))
    monkeypatch.setattr(access, "policy", lambda: policy)
    assert phone.post("/join", data={"prompt": "a cat"}).status_code == 403
    context.approvals.require(True)
    send(phone, "a cat")


def test_picture_waits_for_the_nod_everywhere(
    phone: TestClient, context: AppContext, worker: ScriptedWorker
):
    """With approval on, neither gallery, phone nor API shows it before; all do after."""
    context.approvals.require(True)
    job_id = send(phone, "wait for it")
    worker.generate()
    [held] = wait_until(context.approvals.pending, what="the picture waits")
    wait_until(lambda: "after the presenter approves it" in phone.get(f"/join/jobs/{job_id}").text)
    assert phone.get(f"/api/jobs/{job_id}").json()["pictures"] == []
    assert context.sampler.snapshot().pictures == ()
    assert context.gallery.index.count() == 0
    address = f"/pictures/{held.name}"
    assert phone.get(address).status_code == 404

    context.approvals.approve(held.job_id)
    assert [view.name for view in context.gallery.index.newest()] == [held.name]
    assert phone.get(f"/api/jobs/{job_id}").json()["pictures"] == [f"/pictures/{held.name}"]
    assert phone.get(address).content == context.store.get(held.name)
    assert f'<img src="{address}"' in phone.get(f"/join/jobs/{job_id}").text
    assert context.approvals.pending() == []


def test_rejected_picture_is_never_shown(
    phone: TestClient, context: AppContext, worker: ScriptedWorker, tmp_path: Path
):
    """What the presenter rejects stays away, after a restart too; its sender is told."""
    context.approvals.require(True)
    job_id = send(phone, "not this one")
    worker.generate()
    wait_until(context.approvals.pending, what="the picture waits")
    context.approvals.reject(job_id)
    wait_until(lambda: "the presenter rejected it" in phone.get(f"/join/jobs/{job_id}").text)
    runtime.stop()
    again = runtime.start(settings_of(tmp_path))
    wait_until(lambda: again.approvals.state(job_id) == "rejected", what="the marks are read")
    wait_until(lambda: again.gallery.index.complete, what="the store was looked through")
    assert again.gallery.index.count() == 0
    assert again.approvals.pending() == []
    assert phone.get(f"/pictures/{picture_name(job_id, 0)}").status_code == 404


def test_restarted_dashboard_knows_what_waits(
    phone: TestClient, context: AppContext, worker: ScriptedWorker, tmp_path: Path
):
    """A dashboard that heard of nothing shows what is free, and keeps what waits."""
    free = send(phone, "free")
    worker.generate()
    context.approvals.require(True)
    held = send(phone, "held")
    worker.generate()
    wait_until(context.approvals.pending, what="the picture waits")
    runtime.stop()
    again = runtime.start(settings_of(tmp_path))
    wait_until(lambda: again.gallery.index.count(), what="the free picture is shown")
    assert {view.job_id for view in again.gallery.index.newest()} == {free}
    assert [picture.job_id for picture in again.approvals.pending()] == [held]
    assert again.approvals.is_required()


def test_nothing_is_free_before_the_marks_were_read(tmp_path: Path):
    """While the store is away, what is not known to be free is not shown."""
    store, index = DirectoryStore(tmp_path), GalleryIndex(started=0)
    approvals = Approvals(store, index, required=False)
    free, held = (new_job(JobRequest(prompt="a cat")).id for _ in range(2))
    approval.request(store, held)
    for job_id in (free, held):
        index.add(picture_name(job_id, 0), 1.0)
    assert index.count() == 0
    assert approvals.state(free) == "pending"
    approvals.read()
    assert [view.job_id for view in index.newest()] == [free]
    assert approvals.state(free) is None
    assert [picture.job_id for picture in approvals.pending()] == [held]


def test_picture_that_is_held_while_the_marks_are_read_stays_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A look that began before a request was held does not set its picture free."""
    store, index = DirectoryStore(tmp_path), GalleryIndex(started=0)
    approvals = Approvals(store, index, required=False)
    job_id = new_job(JobRequest(prompt="a cat")).id

    def hold_meanwhile(_store: DirectoryStore) -> approval.ModerationMarks:
        approvals.add_pending(job_id)
        return approval.ModerationMarks(frozenset(), frozenset())

    monkeypatch.setattr(approval, "read_marks", hold_meanwhile)
    approvals.read()
    index.add(picture_name(job_id, 0), 1.0)
    assert index.count() == 0


def test_request_that_cannot_be_held_is_not_sent(
    phone: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """If the mark cannot be written, nothing goes on the queue."""
    context.approvals.require(True)

    def refuse(*_: object) -> None:
        raise StoreUnavailable("The store is away.")

    monkeypatch.setattr(approval, "request", refuse)
    answer = phone.post("/join", data={"prompt": "a cat"})
    assert answer.status_code == 503
    assert context.queue.receive(1, timeout=0) == []
