"""What a presenter may do with the queue, over HTTP and on pages."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.settings import Settings
from dashboard import access, runtime
from dashboard.components.page import top_bar
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.presentation import job_text
from dashboard.presentation.scaling_reason import explain_snapshot
from dashboard.routes import api, join, queue
from dashboard.runtime import queue_control
from dashboard.runtime.context import AppContext
from tests.support.conditions import wait_until
from wire.messages.job import JobRequest
from wire.queues.base import QueueDepth

KEY = {"Authorization": "Bearer presenters-key"}
REQUEST = JobRequest(prompt="a cat")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[AppContext]:
    """Run a dashboard with a presenter's key, without workers."""
    settings = Settings(
        _env_file=None, data_dir=tmp_path, fleet="none", presenter_key="presenters-key"
    )
    try:
        yield runtime.start(settings)
    finally:
        runtime.stop()


@pytest.fixture
def client(context: AppContext) -> TestClient:
    """Return a program on this machine."""
    assert not context.replaying
    return TestClient(Starlette(routes=[*queue.ROUTES, *api.ROUTES, *join.ROUTES]))


def test_only_presenters_pause_and_reorder(client: TestClient, context: AppContext):
    """Without the key nothing changes; with it the queue pauses, also for other dashboards."""
    job = context.submit(REQUEST)
    for path in ("/api/queue/pause", "/api/queue/resume", f"/api/jobs/{job.id}/front"):
        assert client.post(path).status_code == 401
        assert client.post(path, headers=KEY | {"Origin": "https://evil"}).status_code == 403
        assert client.get(path).status_code == 405
    assert not context.queue.depth().paused
    assert client.post("/api/queue/pause", headers=KEY).json() == {"paused": True}
    assert context.queue.depth() == QueueDepth(0, 0, deferred=1, paused=True)
    wait_until(lambda: context.sampler.snapshot().counts.paused, what="the pages' reading")
    assert "The queue is paused" in client.get("/join").text
    assert client.post("/api/queue/resume", headers=KEY).json() == {"paused": False}
    assert context.queue.depth() == QueueDepth(1, 0)


def test_job_is_moved_to_the_front_over_http(client: TestClient, context: AppContext):
    """The job is generated next and shown as such; one that does not wait is refused."""
    jobs = [context.submit(REQUEST, "someone") for _ in range(3)]
    assert client.post(f"/api/jobs/{jobs[2].id}/front", headers=KEY).status_code == 200
    assert [view.job for view in context.sampler.snapshot().waiting] == [jobs[2], *jobs[:2]]
    [delivery] = context.queue.receive(1, timeout=0)
    assert delivery.job == jobs[2]
    refused = client.post(f"/api/jobs/{jobs[2].id}/front", headers=KEY)
    assert refused.status_code == 409
    assert refused.json()["error"].startswith("This job does not wait any more")
    assert client.post("/api/jobs/nothing/front", headers=KEY).status_code == 404


def test_cancelling_all_reaches_jobs_without_a_card(context: AppContext):
    """All jobs of a submitter leave the queue, although this dashboard does not know them."""
    context.submit(REQUEST)
    context.cancel(context.submit(REQUEST).id)
    body = '{"id": "019a6f00-0000-7000-8000-%012d", "prompt": "x"}'
    with context.queue._file.transaction() as connection:
        rows = [(body % number, "flood") for number in range(1_500)]
        connection.executemany("INSERT INTO jobs (body, submitter) VALUES (?, ?)", rows)
    assert queue_control.cancel_waiting() == 1_501
    assert context.queue.depth() == QueueDepth(0, 0)
    assert context.journal.unfinished() == ()
    wait_until(lambda: context.sampler.snapshot().counts.waiting == 0, what="no waiting job")


def _snapshot(depth: QueueDepth) -> Snapshot:
    return Snapshot(1000.0, "compose", (), queue=Reading(depth, 1000.0))


def test_every_page_shows_the_pause():
    """Bar, sentence and job say that the queue is paused."""
    snapshot = _snapshot(QueueDepth(0, 0, deferred=5, paused=True))
    pills = [pill.text for pill in top_bar.health(snapshot, None, 1000.0)]
    assert pills[0] == "The queue is paused"
    lead, text = explain_snapshot(snapshot, None)
    assert lead == "The queue is paused"
    assert text.startswith("no worker takes a new request; 5 requests waiting.")
    running = replace(snapshot, queue=Reading(QueueDepth(5, 0), 1000.0))
    assert explain_snapshot(running, None)[0] != lead
    assert "The queue is paused" not in [p.text for p in top_bar.health(running, None, 1000.0)]


def test_actions_on_the_queue_are_the_presenters():
    """A member may not pause the queue or pass others."""
    for action in ("pause", "prioritize"):
        assert access.allowed("presenter", action)
        assert not access.allowed("member", action)


def test_job_between_attempts_says_when_it_is_retried(context: AppContext):
    """The reason and the time until the next attempt are shown, and no place in the queue."""
    job = context.submit(REQUEST)
    view = replace(context.find_job(job.id), retry_at=1019.5, detail="Out of memory.")
    snapshot = replace(_snapshot(QueueDepth(0, 0, deferred=1)), jobs=(view,))
    assert job_text.describe_state(view, snapshot) == "retry in 20 s: Out of memory."
    assert snapshot.waiting == ()
    assert snapshot.counts.ready == 0
    later = replace(snapshot, at=1020.0)
    assert job_text.describe_state(view, later) == "1st in queue, Out of memory."
