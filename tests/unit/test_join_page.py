"""The page for phones over HTTP, on a real context: requests, rate limits and approval."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from markupsafe import escape
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.errors import QueueUnavailable, StoreUnavailable
from core.settings import Settings
from dashboard import access, runtime
from dashboard.access import Policy, tokens
from dashboard.audience import own_pictures, page, visitors
from dashboard.audience.page import MAX_PROMPT_CHARACTERS
from dashboard.components.present import wall
from dashboard.components.studio import job_cards
from dashboard.domain.jobs import JobView
from dashboard.gallery.approvals import Approvals
from dashboard.gallery.index import GalleryIndex
from dashboard.recordings.folder import BUNDLED
from dashboard.recordings.reader import read as read_recording
from dashboard.recordings.replay import Replay
from dashboard.recordings.replay_backends import NOTHING_CHANGES
from dashboard.routes import api, files, join, join_hearts
from dashboard.runtime.context import AppContext
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.conditions import wait_until
from tests.support.samples import preview_file
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import picture_name
from wire.stores import approval
from wire.stores.directory import DirectoryStore

HOSTILE = "<img src=x onerror=alert(1)> & 'quotes' \"too\""


def settings_of(folder: Path, **fields: object) -> Settings:
    """Return settings of a dashboard without workers."""
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
    """Return a client that has opened the page and keeps its cookie."""
    assert context.replaying is False
    monkeypatch.setattr(join, "_visitors", visitors.default_limits())
    monkeypatch.setattr(join_hearts, "_visitors", visitors.heart_limits())
    client = TestClient(Starlette(routes=[*join.ROUTES, *api.ROUTES, *files.ROUTES]))
    client.get("/join")
    return client


@pytest.fixture
def worker(context: AppContext) -> Iterator[ScriptedWorker]:
    """Connect the only worker."""
    worker = ScriptedWorker(context.settings.data_dir)
    yield worker
    worker.close()


def send(phone: TestClient, prompt: str) -> str:
    """Send a prompt; return the job's id."""
    answer = phone.post("/join", data={"prompt": prompt}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix("/join?job=")


def test_page_that_is_opened_again_shows_my_pictures(
    phone: TestClient, worker: ScriptedWorker, context: AppContext
):
    """Without ?job= the newest request is shown, and the earlier pictures that may be shown."""
    jobs = [send(phone, prompt) for prompt in (HOSTILE, "a red house", "a green dog")]
    for _ in jobs:
        worker.generate()
    names = [picture_name(job_id, 0) for job_id in jobs]
    wait_until(lambda: all(map(context.gallery.index.find, names)), what="the pictures")
    body = phone.get("/join").text
    assert "<h2>a green dog</h2>" in body
    mine = body.partition("<h2>My pictures</h2>")[2].partition("</p>")[0]
    assert [f"/thumbnails/{name}" in mine for name in names] == [True, True, False]
    assert HOSTILE not in body
    context.approvals.reject(jobs[0])
    assert names[0] not in phone.get("/join").text


def test_visitors_give_hearts_to_pictures_that_are_shown(
    phone: TestClient, worker: ScriptedWorker, context: AppContext
):
    """Once for each visitor, taken back by the second tap, and never to a withheld picture."""
    name, hidden = (picture_name(send(phone, prompt), 0) for prompt in (HOSTILE, "hidden"))
    for _ in range(2):
        worker.generate()
    wait_until(lambda: context.gallery.index.find(name), what="the picture")
    wait_until(lambda: context.gallery.index.find(hidden), what="the other picture")
    context.approvals.reject(hidden[:36])

    other = TestClient(phone.app)
    other.get("/join")
    for visitor in (phone, phone, other):
        assert heart(visitor, name, "1") == 303
    context.sampler.refresh()
    body = phone.get("/join/pictures").text
    assert 'value="0" aria-pressed="true"' in body
    assert f"Heart for {escape(HOSTILE)}: 2" in body
    assert (HOSTILE in body, hidden in body) == (False, False)
    assert (heart(phone, name, "0"), context.hearts.count(name)) == (303, 1)

    refused = [heart(phone, hidden, "1"), heart(phone, "x.png", "1"), heart(phone, name, "2")]
    assert refused == [404, 404, 422]
    assert heart(TestClient(phone.app), name, "1") == 403
    assert heart(phone, name, "1", {"sec-fetch-site": "cross-site"}) == 403
    codes = [heart(phone, name, "0") for _ in range(25)]
    assert codes[-1] == 429
    assert context.hearts.count(name) == 1


def heart(phone: TestClient, name: str, given: str, headers: dict[str, str] | None = None) -> int:
    """Give a heart or take it back; return the status code."""
    address = f"/join/hearts/{name}"
    fields = {"given": given}
    answer = phone.post(address, data=fields, headers=headers, follow_redirects=False)
    return answer.status_code


@pytest.mark.parametrize("cookie", ["", "x", "../..", ".".join(["0" * 40] * 500)])
def test_foreign_cookie_names_no_requests(phone: TestClient, cookie: str):
    """Whatever a cookie contains, only ids of jobs are taken from it."""
    phone.cookies.set(own_pictures.COOKIE, cookie)
    page = phone.get("/join")
    assert page.status_code == 200
    assert "My pictures" not in page.text


def test_request_is_queued_and_its_status_polled(phone: TestClient, worker: ScriptedWorker):
    """A form without scripts queues a request, and its status page shows the picture."""
    job_id = send(phone, "a green dog")
    assert "1st in queue" in phone.get(f"/join?job={job_id}").text
    assert 'http-equiv="refresh"' in phone.get(f"/join/jobs/{job_id}").text
    worker.generate()
    wait_until(lambda: '<img src="/pictures/' in phone.get(f"/join/jobs/{job_id}").text)
    wait_until(lambda: 'http-equiv="refresh"' not in phone.get(f"/join/jobs/{job_id}").text)


def test_visitor_sees_the_picture_appear(phone: TestClient, worker: ScriptedWorker):
    """While it is generated the status has a preview, which the picture replaces."""
    job_id = send(phone, HOSTILE)
    delivery = worker.receive()
    worker.step(delivery, 0, 2, preview_file())
    preview = '<img src="data:image/webp;base64,UklGR'
    wait_until(lambda: preview in phone.get(f"/join/jobs/{job_id}").text, what="a preview")
    assert "<img src=x" not in phone.get(f"/join/jobs/{job_id}").text
    worker.store(delivery, 0)
    worker.finish(delivery)
    wait_until(lambda: '<img src="/pictures/' in phone.get(f"/join/jobs/{job_id}").text)
    assert preview not in phone.get(f"/join/jobs/{job_id}").text


def test_preview_needs_the_same_approval_as_its_picture(
    phone: TestClient, context: AppContext, worker: ScriptedWorker
):
    """With approval on, no page shows what a visitor's picture is going to be."""
    context.approvals.require(True)
    job_id = send(phone, "not for the wall")
    delivery = worker.receive()
    worker.step(delivery, 0, 2, preview_file())
    view = wait_until(lambda: _with_preview(context, job_id), what="a preview")
    assert context.shown_preview(view) is None
    assert wall.pictures_in_progress(context.sampler.snapshot(), context.shown_preview) == []
    assert "data:image" not in phone.get(f"/join/jobs/{job_id}").text
    assert "data:image" not in job_cards.cards([view], context.sampler.snapshot(), frozenset())
    context.approvals.approve(job_id)
    assert context.shown_preview(view) == view.preview
    assert "data:image" in job_cards.cards([view], context.sampler.snapshot(), frozenset())
    worker.finish(delivery)


def _with_preview(context: AppContext, job_id: str) -> JobView | None:
    context.sampler.refresh()
    jobs = context.sampler.snapshot().jobs
    return next((view for view in jobs if view.job.id == job_id and view.preview), None)


def test_suggestion_is_sent_with_one_tap(phone: TestClient, context: AppContext):
    """A suggestion's button sends it, and the field keeps its text."""
    half = 'half a "<b>'
    answer = phone.post("/join", data={"prompt": half, "suggestion": "cartoon dwarf"})
    assert [view.job.prompt for view in context.journal.jobs()] == ["cartoon dwarf"]
    assert ">half a &#34;&lt;b&gt;</textarea>" in answer.text


def test_prompt_is_escaped(phone: TestClient):
    """A prompt with HTML is shown as text, in the field and beside its picture."""
    job_id = send(phone, HOSTILE)
    refused = phone.post("/join", data={"prompt": HOSTILE + "x" * MAX_PROMPT_CHARACTERS}).text
    for html in (phone.get(f"/join?job={job_id}").text, refused):
        assert "<img src=x" not in html
        assert "&lt;img src=x onerror=alert(1)&gt; &amp; &#39;quotes&#39; &#34;too" in html


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("", 422),
        ("  \n", 422),
        ("x" * (MAX_PROMPT_CHARACTERS + 1), 422),
        ("a nude cat", 422),
        ("\x00", 422),
    ],
)
def test_refused_prompt_stays_in_the_field(
    phone: TestClient, context: AppContext, prompt: str, code: int
):
    """A refusal shows a sentence, and the field keeps its text."""
    answer = phone.post("/join", data={"prompt": prompt})
    assert answer.status_code == code
    assert ("Your text is still here." in answer.text) == (prompt != "")
    assert f">{prompt}</textarea>" in answer.text
    assert context.journal.jobs() == ()


def test_large_body_is_refused(phone: TestClient):
    """The form reads a limited number of bytes."""
    answer = phone.post("/join", data={"prompt": "x" * 100_000})
    assert answer.status_code == 422
    assert "too long" in answer.text
    assert "still here" not in answer.text
    assert len(answer.text) < 10_000


def test_line_break_counts_once(phone: TestClient, context: AppContext):
    """The limit counts like the field's maxlength, though forms send CRLF."""
    lines = "\r\n".join(["x"] * 100)
    assert phone.post("/join", data={"prompt": lines + "y"}).status_code == 200
    assert phone.post("/join", data={"prompt": lines + "yy"}).status_code == 422
    assert len(context.journal.jobs()) == 1


def test_replay_takes_no_request(
    phone: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """During a replay, the page refuses requests before it checks them."""
    recording = read_recording(BUNDLED)
    monkeypatch.setattr(runtime, "current", Replay(recording, settings_of(tmp_path)).context)
    answer = phone.post("/join", data={"prompt": "x" * (MAX_PROMPT_CHARACTERS + 1)})
    assert NOTHING_CHANGES in answer.text
    assert context.journal.jobs() == ()


def test_unavailable_queue_is_reported(
    phone: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """Without its queue the page shows an error and keeps the text."""

    def publish(*_: object) -> None:
        raise QueueUnavailable("The queue is unavailable.")

    monkeypatch.setattr(context.queue, "publish", publish)
    answer = phone.post("/join", data={"prompt": "a cat"})
    assert answer.status_code == 503
    assert "The queue is unavailable. Your text is still here." in answer.text


def test_rate_limit_is_per_visitor(phone: TestClient, context: AppContext):
    """After three requests, a visitor has to wait, and other visitors have not."""
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


def test_clients_without_a_cookie_share_a_rate_limit(phone: TestClient):
    """Clients without a cookie share one limit per address."""
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
def test_cross_site_form_is_refused(
    phone: TestClient, context: AppContext, headers: dict[str, str]
):
    """No other site's page can send requests from a visitor's browser."""
    answer = phone.post("/join", data={"prompt": "a cat"}, headers=headers)
    assert answer.status_code == 403
    assert ">a cat</textarea>" in answer.text
    assert context.journal.jobs() == ()


@pytest.mark.parametrize("public_url", ["http://talk.example", "http://Talk.example:80/join"])
def test_public_url_is_the_same_origin_behind_a_proxy(tmp_path: Path, public_url: str):
    """With PUBLIC_URL, forms are accepted behind a proxy that rewrites Host."""
    try:
        context = runtime.start(settings_of(tmp_path, public_url=public_url))
        phone = TestClient(Starlette(routes=join.ROUTES))
        headers = {"origin": "http://talk.example", "host": "10.0.0.7:8501"}
        phone.post("/join", data={"prompt": "a cat"}, headers=headers)
        assert len(context.journal.jobs()) == 1
    finally:
        runtime.stop()


def test_page_is_small_and_self_contained(phone: TestClient):
    """Page and files are some kB, without inline scripts; its policy blocks other sites."""
    paths = ("/join", "/join/page.css", *(f"/join/{script}" for script in page.SCRIPTS))
    context = [phone.get(path) for path in paths]
    assert sum(len(part.content) for part in context) < 12_000
    policy = context[0].headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in context[0].text.replace("http-equiv", "")
    cookie = phone.get("/join", headers={"cookie": ""}).headers.get("set-cookie", "")
    assert "HttpOnly" in cookie or tokens.is_token(phone.cookies["visitor"])


def test_where_people_log_in_visitors_need_approval(
    phone: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """With login, requests of visitors are accepted only with approval."""
    policy = Policy(login=True, key=SecretStr("a long enough key"))
    monkeypatch.setattr(access, "policy", lambda: policy)
    assert phone.post("/join", data={"prompt": "a cat"}).status_code == 403
    context.approvals.require(True)
    send(phone, "a cat")


def test_picture_is_hidden_everywhere_until_approved(
    phone: TestClient, context: AppContext, worker: ScriptedWorker
):
    """Neither gallery, phone nor API shows a picture before its approval; all do after."""
    context.approvals.require(True)
    job_id = send(phone, "wait for it")
    worker.generate()
    [picture] = wait_until(context.approvals.pending, what="a pending picture")
    wait_until(lambda: "after the presenter approves it" in phone.get(f"/join/jobs/{job_id}").text)
    assert phone.get(f"/api/jobs/{job_id}").json()["pictures"] == []
    assert context.sampler.snapshot().pictures == ()
    assert context.gallery.index.count() == 0
    address = f"/pictures/{picture.name}"
    assert phone.get(address).status_code == 404

    context.approvals.approve(picture.job_id)
    assert [view.name for view in context.gallery.index.newest()] == [picture.name]
    assert phone.get(f"/api/jobs/{job_id}").json()["pictures"] == [f"/pictures/{picture.name}"]
    assert phone.get(address).content == context.store.get(picture.name)
    assert f'<img src="{address}"' in phone.get(f"/join/jobs/{job_id}").text
    assert context.approvals.pending() == []


def test_rejected_picture_is_never_shown(
    phone: TestClient, context: AppContext, worker: ScriptedWorker, tmp_path: Path
):
    """A rejected picture stays hidden after a restart, and its sender sees why."""
    context.approvals.require(True)
    job_id = send(phone, "not this one")
    worker.generate()
    wait_until(context.approvals.pending, what="a pending picture")
    context.approvals.reject(job_id)
    wait_until(lambda: "the presenter rejected it" in phone.get(f"/join/jobs/{job_id}").text)
    runtime.stop()
    again = runtime.start(settings_of(tmp_path))
    wait_until(lambda: again.approvals.state(job_id) == "rejected", what="the marks are read")
    wait_until(lambda: again.gallery.index.complete, what="the store was looked through")
    assert again.gallery.index.count() == 0
    assert again.approvals.pending() == []
    assert phone.get(f"/pictures/{picture_name(job_id, 0)}").status_code == 404


def test_restart_keeps_pictures_pending(
    phone: TestClient, context: AppContext, worker: ScriptedWorker, tmp_path: Path
):
    """A restarted dashboard shows approved pictures and hides pending ones."""
    approved = send(phone, "approved")
    worker.generate()
    context.approvals.require(True)
    pending = send(phone, "pending")
    worker.generate()
    wait_until(context.approvals.pending, what="a pending picture")
    runtime.stop()
    again = runtime.start(settings_of(tmp_path))
    wait_until(lambda: again.gallery.index.count(), what="the approved picture is shown")
    assert {view.job_id for view in again.gallery.index.newest()} == {approved}
    assert [picture.job_id for picture in again.approvals.pending()] == [pending]
    assert again.approvals.is_required()


def test_pictures_are_hidden_until_the_marks_are_read(tmp_path: Path):
    """Approval fails closed: while marks cannot be read, every picture is hidden."""
    store, index = DirectoryStore(tmp_path), GalleryIndex(started=0)
    approvals = Approvals(store, index, required=False)
    approved, pending = (new_job(JobRequest(prompt="a cat")).id for _ in range(2))
    approval.request(store, pending)
    for job_id in (approved, pending):
        index.add(picture_name(job_id, 0), 1.0)
    assert index.count() == 0
    assert approvals.state(approved) == "pending"
    approvals.read()
    assert [view.job_id for view in index.newest()] == [approved]
    assert approvals.state(approved) is None
    assert [picture.job_id for picture in approvals.pending()] == [pending]


def test_job_marked_during_a_read_stays_pending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A read that started before a job was marked does not show its picture."""
    store, index = DirectoryStore(tmp_path), GalleryIndex(started=0)
    approvals = Approvals(store, index, required=False)
    job_id = new_job(JobRequest(prompt="a cat")).id

    def mark_meanwhile(_store: DirectoryStore) -> approval.ModerationMarks:
        approvals.add_pending(job_id)
        return approval.ModerationMarks(frozenset(), frozenset())

    monkeypatch.setattr(approval, "read_marks", mark_meanwhile)
    approvals.read()
    index.add(picture_name(job_id, 0), 1.0)
    assert index.count() == 0


def test_decision_during_a_read_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Marks that were listed before a decision do not undo it, not even for one poll."""
    store, index = DirectoryStore(tmp_path), GalleryIndex(started=0)
    approvals = Approvals(store, index, required=False)
    approved, rejected, seen = (new_job(JobRequest(prompt="a cat")).id for _ in range(3))
    for job_id in (approved, rejected):
        approvals.mark_pending(job_id)
    approvals.read()
    read_marks = approval.read_marks

    def decide_meanwhile(store: DirectoryStore) -> approval.ModerationMarks:
        marks = read_marks(store)
        approvals.approve(approved)
        approvals.reject(rejected)
        approvals.reject(seen)
        return marks

    monkeypatch.setattr(approval, "read_marks", decide_meanwhile)
    approvals.read()
    states = [approvals.state(job_id) for job_id in (approved, rejected, seen)]
    assert states == [None, "rejected", "rejected"]


def test_request_without_a_stored_mark_is_not_queued(
    phone: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """If the mark cannot be stored, nothing is queued."""
    context.approvals.require(True)

    def refuse(*_: object) -> None:
        raise StoreUnavailable("The store is unavailable.")

    monkeypatch.setattr(approval, "request", refuse)
    answer = phone.post("/join", data={"prompt": "a cat"})
    assert answer.status_code == 503
    assert context.queue.receive(1, timeout=0) == []
