"""Approval covers every way in, and its prompts are hidden, on a real context."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.errors import MessageError, QueueUnavailable, StoreUnavailable
from core.settings import Settings
from dashboard import access, runtime
from dashboard.access import NotAllowed, Policy
from dashboard.components.common import viewer_snapshot
from dashboard.components.jobs import dead_letters, details, own_jobs, sending
from dashboard.components.jobs.filters import Filter
from dashboard.domain.hidden_prompts import HIDDEN_PROMPT, hide_prompt
from dashboard.gallery.query import GalleryQuery
from dashboard.routes import api, join
from dashboard.runtime import submission
from dashboard.runtime.context import AppContext
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.object_names import picture_name
from wire.queues.base import DeadLetter
from wire.stores import approval

KEY = "correct horse"
SECRET = "what nobody may read yet"
BEARER = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppContext]:
    """Run a dashboard with a presenter's key, whose viewers have not entered it."""
    policy = Policy(key=SecretStr(KEY))
    monkeypatch.setattr(access, "policy", lambda: policy)
    monkeypatch.setattr(access.viewer, "policy", lambda: policy)
    try:
        context = runtime.start(Settings(_env_file=None, data_dir=tmp_path, fleet="none"))
        context.approvals.read()
        context.approvals.require(True)
        yield context
    finally:
        runtime.stop()


@pytest.fixture
def client(context: AppContext) -> TestClient:  # noqa: ARG001, the routes use it
    return TestClient(Starlette(routes=[*api.ROUTES, *join.ROUTES]))


def post(client: TestClient, headers: dict[str, str] | None = None, **fields: object) -> str:
    """Send a job over HTTP; return its id."""
    answer = client.post("/api/jobs", json={"prompt": SECRET, **fields}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def from_the_studio(_client: TestClient) -> str:
    """Send the form, or a burst of the Present keys, which take the same way."""
    return sending._start([{"prompt": SECRET}]).result(30).jobs[0].id


def again(_client: TestClient) -> str:
    """Generate a job once more."""
    return submission.resubmit(JobRequest(prompt=SECRET), access.is_presenter()).id


def with_an_idempotency_key(client: TestClient) -> str:
    """Send a job over HTTP, with a key."""
    return post(client, {"Idempotency-Key": "1"})


def from_a_phone(client: TestClient) -> str:
    """Send the form of /join."""
    answer = client.post("/join", data={"prompt": SECRET}, follow_redirects=False)
    return answer.headers["location"].partition("job=")[2]


WAYS = [post, from_the_studio, again, with_an_idempotency_key, from_a_phone]


@pytest.mark.parametrize("send", WAYS)
def test_every_way_in_needs_approval_without_the_key(
    client: TestClient, context: AppContext, send: Callable[[TestClient], str]
):
    """While approval is on, no request of others than presenters is shown unapproved."""
    job_id = send(client)
    assert context.approvals.state(job_id) == "pending"
    assert job_id in approval.read_marks(context.store).pending_approval


@pytest.mark.parametrize("send", WAYS[:-1])
def test_without_approval_nothing_is_held(
    client: TestClient, context: AppContext, send: Callable[[TestClient], str]
):
    """While approval is off, requests of all are shown."""
    context.approvals.require(False)
    assert context.approvals.state(send(client)) is None


def test_presenters_need_no_approval(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """The key makes a program, and a session, the presenter; a wrong one does not."""
    assert context.approvals.state(post(client, BEARER)) is None
    assert context.approvals.state(post(client, {"Authorization": "Bearer wrong"})) == "pending"
    monkeypatch.setattr(access, "is_presenter", lambda: True)
    assert context.approvals.state(from_the_studio(client)) is None
    assert context.approvals.state(again(client)) is None


def test_each_picture_of_a_separate_request_needs_approval(client: TestClient, context: AppContext):
    """One job per picture: each of them is held."""
    fields = {"prompt": SECRET, "count": 3, "separate": True}
    jobs = client.post("/api/jobs", json=fields).json()["jobs"]
    assert {context.approvals.state(job["id"]) for job in jobs} == {"pending"}


def test_unknown_switch_refuses_instead_of_showing(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """If the store cannot say whether approval is on, nothing is queued, except a presenter's."""

    def fail(*_: object) -> bool:
        raise StoreUnavailable("The store is unavailable.")

    monkeypatch.setattr(approval, "is_required", fail)
    assert client.post("/api/jobs", json={"prompt": SECRET}).status_code == 503
    assert context.journal.jobs() == ()
    post(client, BEARER)


def newest(context: AppContext) -> Job:
    """Return the only job as a viewer's page shows it."""
    context.sampler.refresh()
    return (
        viewer_snapshot.shown(replace(context.sampler.snapshot(), jobs=context.journal.jobs()))
        .jobs[0]
        .job
    )


def test_prompts_are_hidden_until_approved(client: TestClient, context: AppContext):
    """Pages, search, API and /join show neither prompt; after the approval they show both."""
    job_id = post(client, negative_prompt="a secret, too")
    view = context.journal.find(job_id)
    assert (newest(context).prompt, newest(context).negative_prompt) == (HIDDEN_PROMPT, None)
    shown = viewer_snapshot.shown(replace(context.sampler.snapshot(), jobs=(view,)))
    assert Filter(words="nobody").matching(shown.jobs) == []
    assert details._shown(view).job.prompt == HIDDEN_PROMPT
    assert SECRET not in client.get(f"/api/jobs/{job_id}").text
    assert SECRET not in client.get(f"/join/jobs/{job_id}").text
    assert client.get(f"/api/jobs/{job_id}", headers=BEARER).json()["prompt"] == SECRET

    context.approvals.approve(job_id)
    assert newest(context).prompt == SECRET
    assert client.get(f"/api/jobs/{job_id}").json()["prompt"] == SECRET
    assert SECRET in client.get(f"/join/jobs/{job_id}").text


def test_rejected_prompts_stay_hidden(client: TestClient, context: AppContext):
    """A rejection shows the prompt as little as the picture."""
    job_id = post(client)
    context.approvals.reject(job_id)
    assert newest(context).prompt == HIDDEN_PROMPT
    assert SECRET not in client.get(f"/api/jobs/{job_id}").text


def test_rejection_hides_pictures_that_were_approved_before(context: AppContext):
    """Of two presenters, or two dashboards, a rejection wins: nothing is shown."""
    job_ids = [new_job(JobRequest(prompt=SECRET)).id for _ in range(2)]
    index = context.gallery.index
    for job_id in job_ids:
        context.approvals.mark_pending(job_id)
        index.add(picture_name(job_id, 0), 1.0)
        context.approvals.approve(job_id)
    assert index.count() == 2
    context.approvals.reject(job_ids[0])
    assert index.page(GalleryQuery()).total == 1
    approval.reject(context.store, job_ids[1])
    context.approvals.read()
    assert index.newest() == ()


def test_presenters_read_pending_prompts(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """Who approves has to read what is approved."""
    post(client)
    monkeypatch.setattr(access, "is_presenter", lambda: True)
    assert newest(context).prompt == SECRET


def test_dead_letters_hide_pending_prompts(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """A failed job's message contains its prompt, and is hidden as long."""
    job = context.journal.find(post(client)).job
    letter = DeadLetter("1", job, job.model_dump_json(), "It failed.", 1.0)
    shown = dead_letters._shown(letter)
    assert SECRET not in f"{shown} {dead_letters.row(shown, {}, None)}"
    no_job = replace(letter, job=None, body="a message that is no job")
    assert dead_letters._shown(no_job) == no_job
    monkeypatch.setattr(access, "is_presenter", lambda: True)
    assert dead_letters._shown(letter) == letter


def test_hidden_prompt_is_never_submitted(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """Actions on a job whose prompt is hidden are refused, and send no placeholder."""
    hidden = hide_prompt(context.journal.find(post(client))).job
    toasts: list[str] = []
    monkeypatch.setattr(own_jobs.st, "toast", toasts.append)
    own_jobs.repeat(hidden)
    own_jobs.retry(hidden)
    assert len(context.journal.jobs()) == 1
    assert all("awaits the presenter's approval" in toast for toast in toasts)
    with pytest.raises(NotAllowed):
        own_jobs._require_prompt(hidden)


def test_hidden_picture_begins_no_other(client: TestClient, context: AppContext):
    """A hidden picture cannot be shown as the initial picture of another one."""
    fields = {"prompt": "a cat", "init_image": f"{post(client)}-0.png", "strength": 0.02}
    context.approvals.require(False)
    refused = client.post("/api/jobs", json=fields)
    assert refused.status_code == 422
    assert "waiting for the presenter's approval" in refused.json()["error"]


def test_later_attempts_with_a_key_need_approval_too(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """What was not sent while approval was off, or as the presenter's, needs it when it is sent."""
    publish = context.queue.publish

    def fail(*_: object) -> None:
        raise QueueUnavailable("The queue is unavailable.")

    for number, (approval_on, headers) in enumerate([(False, {}), (True, BEARER)]):
        context.approvals.require(approval_on)
        key = {"Idempotency-Key": f"later-{number}"}
        monkeypatch.setattr(context.queue, "publish", fail)
        body = {"prompt": f"{SECRET} {number}"}
        assert client.post("/api/jobs", json=body, headers=key | headers).status_code == 503
        context.approvals.require(True)
        monkeypatch.setattr(context.queue, "publish", publish)
        answer = client.post("/api/jobs", json=body, headers=key)
        assert answer.status_code == 202
        assert context.approvals.state(answer.json()["id"]) == "pending"


def test_retry_of_an_unmarked_job_is_the_presenters(context: AppContext):
    """A job that was sent while approval was off is retried by presenters only, once it is on."""
    job = new_job(JobRequest(prompt=SECRET))
    with pytest.raises(MessageError, match="only a presenter can retry it"):
        submission.retry(job)
    with pytest.raises(MessageError, match="only a presenter can retry it"):
        submission.retry_dead_letter(DeadLetter("1", job, "{}", "It failed.", None))
    assert context.queue.depth().ready == 0
    submission.retry(job, by_presenter=True)
    assert context.queue.depth().ready == 1


def test_presenter_retries_in_the_dialog_what_was_sent_before_approval(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """The button of a dead letter's dialog acts as its viewer: a presenter's is not refused."""
    assert context.approvals.is_required()
    letter = DeadLetter("1", new_job(JobRequest(prompt=SECRET)), "{}", "It failed.", None)
    retried: list[DeadLetter] = []
    monkeypatch.setattr(AppContext, "retry_dead_letter", lambda _context, one: retried.append(one))
    page = MagicMock()
    page.button = lambda label, **_options: label == "Retry"
    monkeypatch.setattr(dead_letters, "st", page)
    dead_letters._show(letter, None)
    assert retried == []
    monkeypatch.setattr(access, "is_presenter", lambda: True)
    dead_letters._show(letter, None)
    assert retried == [letter]
