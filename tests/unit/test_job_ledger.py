"""The ledger's promises under every order of reports, with a failure at every edge."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.errors import QueueUnavailable, StoreUnavailable
from core.settings import Settings
from tests.support.flat_generator import FlatGenerator
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.metadata import decode_metadata
from wire.messages.names import DELIVERY_LIMIT
from wire.messages.object_names import metadata_name, picture_name
from wire.queues.base import Delivery
from worker.context import WorkerContext
from worker.shutdown import ShutdownSignal
from worker.stages.ledger import JobLedger
from worker.stages.settlement import Settlement
from worker.task import BatchItem, Task, prepare_task

ENDS = ("done", "failed", "returned", "cancelled")
"""Events that end a delivery."""


@dataclass
class FailingBackend:
    """A queue, a store and events in memory; the next calls fail as the test decides."""

    failures: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    settled: dict[int, str] = field(default_factory=dict)
    """How each delivery was settled, by its tag."""
    objects_at_acknowledgement: dict[int, frozenset[str]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def put(self, name: str, body: bytes, content_type: str) -> None:  # noqa: ARG002
        """Write an object."""
        self._fail_sometimes(StoreUnavailable)
        self.objects[name] = body

    def delete(self, name: str) -> None:
        """Delete an object."""
        self._fail_sometimes(StoreUnavailable)
        self.objects.pop(name, None)

    def publish(self, event: Event) -> None:
        """Publish an event."""
        self.events.append(event)

    def acknowledge(self, delivery: Delivery) -> None:
        """Remove a job."""
        self._settle(delivery, "acknowledged")
        self.objects_at_acknowledgement[delivery.delivery_tag] = frozenset(self.objects)

    def requeue(self, delivery: Delivery) -> None:
        """Return a job, counted."""
        self._settle(delivery, "requeued")

    def release(self, delivery: Delivery) -> None:
        """Return a job, not counted."""
        self._settle(delivery, "released")

    def retry_later(self, delivery: Delivery) -> None:
        """Return a failed job."""
        self._settle(delivery, "retried")

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Dead-letter a job."""
        assert reason
        self._settle(delivery, "rejected")

    def _settle(self, delivery: Delivery, how: str) -> None:
        self._fail_sometimes(QueueUnavailable)
        assert delivery.delivery_tag not in self.settled, "settled twice"
        self.settled[delivery.delivery_tag] = how

    def _fail_sometimes(self, error: type[Exception]) -> None:
        if self.failures:
            self.failures -= 1
            raise error("It is away.")


def make_context(backend: FailingBackend) -> WorkerContext:
    shutdown = ShutdownSignal(60)
    shutdown.request()  # nothing is retried: each failure reaches the ledger
    queue = events = store = backend
    settings = Settings(_env_file=None, data_dir=Path("unused"), worker_name="tester")
    return WorkerContext(queue, events, store, FlatGenerator(), settings, shutdown)


class LedgerMachine(RuleBasedStateMachine):
    """Stages report in any order; the queue and the store fail at any call."""

    def __init__(self) -> None:
        super().__init__()
        self.backend = FailingBackend()
        self.context = make_context(self.backend)
        self.ledger = JobLedger(Settlement(self.context))
        self.tasks: list[Task] = []
        self.in_progress: list[BatchItem] = []

    def has_jobs(self) -> bool:
        """Whether a job was leased."""
        return bool(self.tasks)

    @rule(count=st.integers(1, 3), attempt=st.sampled_from((1, 2, DELIVERY_LIMIT + 1)))
    def lease(self, count: int, attempt: int) -> None:
        """Receive a job."""
        job = new_job(JobRequest(prompt="x", count=count))
        delivery = Delivery(job, attempt, len(self.tasks) + 1)
        task = prepare_task(delivery, self.context.generator.model)
        self.tasks.append(task)
        self.ledger.add(task)

    @precondition(has_jobs)
    @rule(which=st.integers(0, 99), limit=st.integers(1, 3))
    def begin(self, which: int, limit: int) -> None:
        """Give pictures to the generator."""
        task = self.tasks[which % len(self.tasks)]
        items = [BatchItem(task, number) for number in task.remaining[:limit]]
        self.in_progress += self.ledger.begin(items)

    @precondition(lambda self: self.in_progress)
    @rule(which=st.integers(0, 99))
    def store(self, which: int) -> None:
        """Upload a picture, or fail to."""
        item = self._take(which)
        try:
            self.backend.put(picture_name(item.task.job.id, item.number), b"png", "image/png")
        except StoreUnavailable as error:
            self.ledger.hand_back(item.task, str(error))
            self.ledger.not_stored(item)
        else:
            self.ledger.stored(item, {"storing": 1.0})

    @precondition(lambda self: self.in_progress)
    @rule(which=st.integers(0, 99))
    def withhold(self, which: int) -> None:
        """Withhold a picture."""
        self.ledger.withheld(self._take(which), {})

    @precondition(lambda self: self.in_progress)
    @rule(which=st.integers(0, 99))
    def fail_to_generate(self, which: int) -> None:
        """Fail at a picture."""
        item = self._take(which)
        self.ledger.fail(item.task, "It failed.")
        self.ledger.not_stored(item)

    @precondition(has_jobs)
    @rule(which=st.integers(0, 99))
    def cancel(self, which: int) -> None:
        """Cancel a job, as a user does."""
        self.ledger.cancel([self.tasks[which % len(self.tasks)].job.id])

    @precondition(has_jobs)
    @rule(which=st.integers(0, 99))
    def reject(self, which: int) -> None:
        """Refuse a job's parameters."""
        self.ledger.reject(self.tasks[which % len(self.tasks)], "No such scheduler.")

    @rule()
    def hand_back_all(self) -> None:
        """Shut down, or lose the device."""
        self.ledger.hand_back_all("The worker is shutting down.")

    @rule()
    def abandon(self) -> None:
        """Give up waiting for pictures in progress."""
        self.ledger.abandon()

    @rule(calls=st.integers(1, 3))
    def lose_backend(self, calls: int) -> None:
        """Let the next calls fail."""
        self.backend.failures = calls

    @invariant()
    def nothing_is_acknowledged_without_its_objects(self) -> None:
        """Check that an acknowledged job is cancelled, or stored with its metadata."""
        cancelled = {event.job_id for event in self.backend.events if event.kind == "cancelled"}
        for task in self.tasks:
            objects = self.backend.objects_at_acknowledgement.get(task.delivery.delivery_tag)
            if objects is None or task.job.id in cancelled:
                continue
            metadata = decode_metadata(self.backend.objects[metadata_name(task.job.id)])
            assert {metadata_name(task.job.id), *metadata.pictures} <= objects
            assert len(metadata.pictures) + len(metadata.withheld) == task.job.count

    @invariant()
    def each_job_leaves_at_most_once(self) -> None:
        """Check that no delivery ends twice."""
        assert all(count == 1 for count in self._ends().values())

    def teardown(self) -> None:
        """At the end of a worker, each job has left, and no picture was counted twice."""
        self.ledger.hand_back_all("The worker is shutting down.")
        for item in self.in_progress:
            self.ledger.not_stored(item)
        assert self.ledger.wait_until_empty(0)
        assert self._ends() == Counter(task.job.id for task in self.tasks)
        stored = Counter(
            (event.job_id, event.picture)
            for event in self.backend.events
            if event.kind in ("stored", "withheld")
        )
        assert all(count == 1 for count in stored.values())

    def _take(self, which: int) -> BatchItem:
        return self.in_progress.pop(which % len(self.in_progress))

    def _ends(self) -> Counter[str]:
        return Counter(event.job_id for event in self.backend.events if event.kind in ENDS)


LedgerMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestLedger = LedgerMachine.TestCase


def settled_as(attempt: int, *reports: str) -> str:
    """Return how a job of two pictures is settled after reports of its stages."""
    backend = FailingBackend()
    ledger = JobLedger(Settlement(make_context(backend)))
    job = new_job(JobRequest(prompt="x", count=2))
    task = prepare_task(Delivery(job, attempt, 1), FlatGenerator().model)
    ledger.add(task)
    items = [BatchItem(task, number) for number in range(2)]
    for report in reports:
        match report:
            case "begin":
                ledger.begin(items)
            case "stored":
                ledger.stored(items[0], {})
            case "stopped":
                ledger.hand_back_all("Shutdown.")
                for item in items:
                    ledger.not_stored(item)
            case "failed":
                ledger.fail(task, "It failed.")
                for item in items:
                    ledger.not_stored(item)
    return backend.settled[1]


@pytest.mark.parametrize(
    ("attempt", "reports", "settled"),
    [
        (1, ("stopped",), "released"),
        (1, ("begin", "stopped"), "requeued"),
        (1, ("begin", "stored", "stopped"), "released"),
        (1, ("begin", "failed"), "retried"),
        (DELIVERY_LIMIT + 1, ("begin", "failed"), "rejected"),
        (DELIVERY_LIMIT + 1, ("begin", "stored", "stopped"), "released"),
    ],
)
def test_only_attempts_without_progress_are_counted(
    attempt: int, reports: tuple[str, ...], settled: str
):
    """Orderly returns of jobs that were not begun, or made progress, are no failed attempts."""
    assert settled_as(attempt, *reports) == settled
