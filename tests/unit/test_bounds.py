"""The bounds of submissions: how many jobs wait, and how many one client sends."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.errors import QueueFull
from core.settings import Settings
from dashboard import runtime
from dashboard.access import Program, job_rate
from dashboard.access.programs import PRESENTER
from dashboard.access.rate_limit import RateLimited, TokenBuckets
from dashboard.audience import visitors
from dashboard.cli import run_example
from dashboard.components.jobs import sending
from dashboard.routes import api, join
from dashboard.runtime import submission
from dashboard.runtime.context import AppContext
from tests.support.conditions import wait_until
from wire.messages.event import Event

MAXIMUM = 4
CAT = {"prompt": "a cat"}


@pytest.fixture
def context(tmp_path: Path) -> Iterator[AppContext]:
    """Run a dashboard without workers, whose queue takes four jobs."""
    fields = {"data_dir": tmp_path, "fleet": "none", "max_waiting_jobs": MAXIMUM}
    try:
        yield runtime.start(Settings(_env_file=None, **fields))
    finally:
        runtime.stop()


@pytest.fixture
def client(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Return a program with full buckets."""
    assert not context.replaying
    monkeypatch.setattr(job_rate, "_jobs", TokenBuckets(capacity=10, rate=0.1, clock=lambda: 0.0))
    monkeypatch.setattr(join, "_visitors", visitors.default_limits())
    return TestClient(Starlette(routes=[*api.ROUTES, *join.ROUTES]))


def fill() -> None:
    """Submit jobs until none waits behind the maximum; raises QueueFull if some did before."""
    for _ in range(MAXIMUM):
        submission.submit(CAT)


@pytest.fixture
def full(context: AppContext) -> AppContext:
    """Fill the queue."""
    fill()
    return context


@pytest.mark.usefixtures("full")
def test_full_queue_refuses_every_way_in(client: TestClient, context: AppContext):
    """Form, API, /join and command line name the limit; HTTP answers 429 with Retry-After."""
    for path, body in (("/api/jobs", {"json": CAT}), ("/join", {"data": CAT})):
        answer = client.post(path, **body)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "10"), path
        assert "The queue is full" in answer.text
    assert "4 waiting jobs (MAX_WAITING_JOBS)" in str(sending.send_all([CAT]).error)
    with pytest.raises(QueueFull):
        run_example._submit(CAT)
    assert context.queue.depth().ready == MAXIMUM


def test_bound_is_exact_for_many_clients_at_once(context: AppContext):
    """However many submit at the same time, no job more than the maximum waits."""

    def send(_: int) -> None:
        with suppress(QueueFull):
            submission.submit(CAT)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(24)))
    assert context.queue.depth().ready <= MAXIMUM
    with pytest.raises(QueueFull):
        fill()
    assert context.queue.depth().ready == len(context.journal.unfinished()) == MAXIMUM


def test_new_process_counts_the_queue_itself(full: AppContext):
    """A process that has read no count yet, such as the command line's, asks the queue."""
    settings = full.settings
    runtime.stop()
    runtime.start(settings)
    with pytest.raises(QueueFull):
        submission.submit(CAT)


def test_room_is_made_by_workers_and_cancellations(full: AppContext):
    """A job that a worker received, or that was cancelled, does not wait."""
    full.cancel(full.journal.unfinished()[0].job.id)
    submission.submit(CAT)
    with pytest.raises(QueueFull):
        submission.submit(CAT)
    [delivery] = full.queue.receive(1, timeout=0)
    full.journal.record(Event(kind="received", job_id=delivery.job.id, worker="w"))
    wait_until(lambda: full.sampler.snapshot().counts.waiting < MAXIMUM, 20, "a count")
    submission.submit(CAT)


def test_rest_of_a_burst_is_kept(context: AppContext):
    """Of a burst that is too large, the form keeps what was not sent."""
    result = sending.send_all([CAT] * 6)
    assert (result.sent, len(result.unsent), len(context.journal.jobs())) == (MAXIMUM, 2, MAXIMUM)
    with pytest.raises(QueueFull, match="queue is full"):
        submission.submit({**CAT, "count": 2, "separate": True})


def test_journal_knows_as_many_jobs_as_may_wait(tmp_path: Path):
    """Each waiting job can be found and cancelled, whatever the maximum."""
    fields = {"data_dir": tmp_path, "fleet": "none", "max_waiting_jobs": 50_000}
    try:
        context = runtime.start(Settings(_env_file=None, **fields))
        assert context.journal._max_unfinished >= 50_000
    finally:
        runtime.stop()


def test_one_address_cannot_send_all_jobs(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    """A client has a bucket of its own: a busy one is refused, and others are not."""
    buckets = TokenBuckets(capacity=2, rate=0.1, clock=lambda: 0.0)
    monkeypatch.setattr(job_rate, "_jobs", buckets)
    assert client.post("/api/jobs", json={**CAT, "count": 2, "separate": True}).status_code == 202
    assert client.post("/api/jobs", json={"prompt": ""}).status_code == 422
    refused = client.post("/api/jobs", json=CAT)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
    assert "This address has sent many jobs." in refused.json()["error"]
    other = TestClient(client.app, client=("2001:db8::1", 1))
    assert other.post("/api/jobs", json={"prompt": ""}).status_code == 422
    assert other.post("/api/jobs", json={**CAT, "count": 2, "separate": True}).status_code == 202
    neighbour = TestClient(client.app, client=("2001:db8::2", 1))
    assert neighbour.post("/api/jobs", json=CAT).status_code == 429


def test_holder_of_the_key_has_no_limit_of_a_client():
    """The presenter's programs are bounded by the queue only; without a key nobody is exempt."""
    for _ in range(50):
        job_rate.allow(Program("presenter", "203.0.113.9", PRESENTER), 100)
    with pytest.raises(RateLimited):
        job_rate.allow(Program("presenter", "203.0.113.9"), 501)


@pytest.mark.usefixtures("full")
def test_refused_request_can_be_sent_again(client: TestClient, context: AppContext):
    """A request with an Idempotency-Key that met a full queue is sent once there is room."""
    headers = {"Idempotency-Key": "bounds"}
    assert client.post("/api/jobs", json=CAT, headers=headers).status_code == 429
    context.cancel(context.journal.unfinished()[0].job.id)
    assert client.post("/api/jobs", json=CAT, headers=headers).status_code == 202
