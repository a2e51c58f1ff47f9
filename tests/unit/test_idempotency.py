"""Requests that are sent again, and thousands of waiting jobs, on a real context."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.errors import QueueUnavailable
from core.settings import Settings
from dashboard import runtime
from dashboard.routes import api, submissions
from dashboard.runtime import queue_control
from dashboard.runtime.context import AppContext
from dashboard.runtime.idempotency import Submissions
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job

KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


@pytest.fixture
def context(tmp_path: Path) -> Iterator[AppContext]:
    """Run a dashboard without workers."""
    try:
        yield runtime.start(Settings(_env_file=None, data_dir=tmp_path, fleet="none"))
    finally:
        runtime.stop()


@pytest.fixture
def client(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Return a program whose keys no other test has sent."""
    assert not context.replaying
    monkeypatch.setattr(submissions, "_submissions", Submissions())
    return TestClient(Starlette(routes=api.ROUTES))


class HangingQueue:
    """Publishes, and then fails as if the broker's confirmation was lost."""

    def __init__(self, context: AppContext, monkeypatch: pytest.MonkeyPatch) -> None:
        self.published: list[str] = []
        self.works = False
        self.fails_after = 0
        self._publish = context.queue.publish
        monkeypatch.setattr(context.queue, "publish", self.publish)

    def publish(self, job: Job) -> None:
        """Publish a job; confirm it only if the queue works, or for the first jobs."""
        self.published.append(job.id)
        if not self.works and len(self.published) > self.fails_after:
            raise QueueUnavailable("The queue does not answer; the job may be on it.")
        self._publish(job)


def post(client: TestClient, key: dict[str, str] = KEY, **fields: object) -> httpx.Response:
    """Send a request for a picture of a cat."""
    return client.post("/api/jobs", json={"prompt": "a cat", **fields}, headers=key)


def test_request_that_is_sent_again_gets_the_same_job(client: TestClient, context: AppContext):
    """After a lost answer, a client sends its request again and has one job."""
    first, second = post(client), post(client)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert context.queue.depth().ready == 1


def test_order_of_fields_makes_no_other_request(client: TestClient):
    """The same fields are the same request."""
    bodies = ('{"prompt": "a cat", "count": 2}', '{"count": 2, "prompt": "a cat"}')
    headers = {**KEY, "content-type": "application/json"}
    ids = {client.post("/api/jobs", content=body, headers=headers).json()["id"] for body in bodies}
    assert len(ids) == 1


def test_request_keeps_its_id_while_the_queue_fails(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """A job that may be on the queue is sent with the same id, so that it makes no second one."""
    queue = HangingQueue(context, monkeypatch)
    assert post(client).status_code == 503
    queue.works = True
    answer = post(client)
    assert answer.status_code == 202
    assert queue.published == [answer.json()["id"]] * 2


def test_job_that_a_worker_received_is_not_sent_again(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """If the job was on the queue although its confirmation was lost, it stays one message."""
    queue = HangingQueue(context, monkeypatch)
    post(client)
    [job_id] = queue.published
    job = Job(id=job_id, prompt="a cat")
    context.journal.record(Event(kind="received", job_id=job_id, job=job, worker="worker-1"))
    assert post(client).json()["id"] == job_id
    assert queue.published == [job_id]


def test_only_the_missing_jobs_are_sent_again(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """With a job for each picture, those that were sent before the error are not doubled."""
    queue = HangingQueue(context, monkeypatch)
    queue.fails_after = 2
    assert "2 of 4 jobs were sent" in post(client, count=4, separate=True).json()["error"]
    queue.works = True
    ids = [job["id"] for job in post(client, count=4, separate=True).json()["jobs"]]
    assert context.queue.depth().ready == 4
    assert queue.published == [*ids[:3], *ids[2:]]


def test_key_belongs_to_one_request(client: TestClient, context: AppContext):
    """A key that is used again by mistake is refused; without key each request is a job."""
    post(client)
    assert post(client, count=2).status_code == 422
    assert post(client, {"Idempotency-Key": "another"}).status_code == 202
    assert post(client, {}).status_code == post(client, {}).status_code == 202
    assert context.queue.depth().ready == 4


def test_refused_request_leaves_its_key_unused(client: TestClient):
    """After an invalid field the corrected request may use the same key."""
    assert post(client, count=0).status_code == 422
    assert post(client, count=1).status_code == 202


@pytest.mark.parametrize("key", ["", " ", "x" * 256])
def test_invalid_key_is_refused(client: TestClient, context: AppContext, key: str):
    """A key that cannot be told from others is an error, and nothing is sent."""
    assert post(client, {"Idempotency-Key": key}).status_code == 400
    assert context.queue.depth().ready == 0


def test_attempts_at_the_same_time_make_one_job(
    client: TestClient, context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """A client that sends again while its first attempt is in progress makes no second job."""
    begun, released, publish = Signal(), Signal(), context.queue.publish

    def publish_slowly(job: Job) -> None:
        begun.set()
        assert released.wait(60)
        publish(job)

    monkeypatch.setattr(context.queue, "publish", publish_slowly)
    first = Thread(target=post, args=(client,))
    first.start()
    assert begun.wait(60)
    second = TestClient(client.app)
    assert post(second).status_code == 409
    released.set()
    first.join()
    assert post(second).status_code == 202
    assert context.queue.depth().ready == 1


def test_all_waiting_jobs_are_known_and_cancelled(client: TestClient, context: AppContext):
    """However many jobs wait, each is found by its id, and cancelling all leaves none."""
    jobs = [new_job(JobRequest(prompt="a cat")) for _ in range(2_500)]
    for job in jobs:
        context.journal.record(Event(kind="accepted", job_id=job.id, job=job))
    assert client.get(f"/api/jobs/{jobs[0].id}").json()["state"] == "waiting"
    assert queue_control.cancel_waiting() == 2_500
    assert context.journal.unfinished() == ()
    assert client.get(f"/api/jobs/{jobs[-1].id}").json()["state"] == "cancelled"
