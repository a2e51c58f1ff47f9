"""The worker's guarantees for jobs, with a real queue and store and a flat-colour generator."""

import io
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from prometheus_client import REGISTRY

from core.errors import GenerationFailed, PublishRefused, QueueError, QueueUnavailable, StoreFull
from core.settings import Settings
from tests.support.conditions import HANG_TIMEOUT, wait_until
from tests.support.flat_generator import FlatGenerator
from tests.support.ready_jobs import process_ready_jobs
from wire.events.sqlite import SqliteEvents
from wire.messages import names
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.metadata import decode_metadata
from wire.messages.names import DELIVERY_LIMIT
from wire.messages.object_names import metadata_name, picture_name
from wire.messages.parameters import GenerationParameters
from wire.queues.base import Delivery, QueueDepth
from wire.queues.sqlite import SqliteQueue
from wire.stores.base import Entry
from wire.stores.cancellation import cancel, cancelled_jobs
from wire.stores.directory import DirectoryStore
from worker import energy
from worker.context import WorkerContext
from worker.generator import DeviceLost, Interrupted, OutOfMemory
from worker.retry import retry_transient
from worker.shutdown import ShutdownSignal
from worker.stages.run import run


@dataclass
class RefusingQueue:
    """Takes no message a number of times, as a broker that is short of memory."""

    queue: SqliteQueue
    failures: int
    on_failure: Callable[[], None] = lambda: None
    """Called at each failure."""
    rejections: int = 0
    """Dead letters that it does not take."""

    def receive(self, limit: int, timeout: float) -> list[Delivery]:
        """Receive, after the failures."""
        if self.failures:
            self.failures -= 1
            self.on_failure()
            raise PublishRefused("The broker's memory is short.")
        return self.queue.receive(limit, timeout)

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Dead-letter a job, after the failures."""
        if self.rejections:
            self.rejections -= 1
            raise PublishRefused("The broker's memory is short.")
        self.queue.reject(delivery, reason)

    def __getattr__(self, name: str) -> object:
        return getattr(self.queue, name)


class ObservedStore(DirectoryStore):
    """Records the names that are written, and counts the listings of cancellations."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.written: list[str] = []
        self.listings = 0

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object."""
        super().put(name, body, content_type)
        self.written.append(name)

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List objects."""
        self.listings += prefix == "cancelled/"
        return super().entries(after, prefix)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerContext]:
    # Receives the next job only when the generator is idle, so that tests know what is leased.
    monkeypatch.setattr("worker.stages.look_ahead.LOOK_AHEAD_SECONDS", 0.0)
    monkeypatch.setattr("worker.stages.cancellations.LISTING_INTERVAL_SECONDS", 0.01)
    monkeypatch.setattr(names, "RETRY_PAUSES_SECONDS", (0.1,))
    settings = Settings(_env_file=None, data_dir=tmp_path, worker_name="tester", batch_size=1)
    made = WorkerContext(
        queue=SqliteQueue(tmp_path),
        events=SqliteEvents(tmp_path),
        store=ObservedStore(tmp_path / "pictures"),
        generator=FlatGenerator(),
        settings=settings,
        shutdown=ShutdownSignal(60),
    )
    yield made
    made.queue.close()
    made.events.close()


def submit(context: WorkerContext, count: int = 1, **fields: object) -> Job:
    job = new_job(JobRequest(prompt="cartoon dwarf", count=count, **fields))
    context.queue.publish(job)
    return job


def cancel_and_wait(context: WorkerContext, job: Job) -> None:
    """Cancel a job, and wait until the worker has read that."""
    cancel(context.store, job.id)
    before = context.store.listings
    # When the second listing begins, what the first found has been processed.
    wait_until(lambda: context.store.listings >= before + 2, what="a later listing")


def stored(context: WorkerContext) -> list[str]:
    return [entry.name for entry in context.store.entries()]


def events_of(context: WorkerContext) -> list[Event]:
    return context.events.receive(timeout=0)


def kinds(context: WorkerContext) -> list[str]:
    return [event.kind for event in events_of(context)]


def with_batch_size(context: WorkerContext, size: int) -> WorkerContext:
    return replace(context, settings=context.settings.model_copy(update={"batch_size": size}))


@contextmanager
def running(context: WorkerContext) -> Iterator[None]:
    """Run a worker in a thread."""
    thread = threading.Thread(target=run, args=[context])
    thread.start()
    try:
        yield
    finally:
        context.shutdown.request()
        thread.join(10)
    assert not thread.is_alive()


def test_finished_job_leaves_pictures_and_metadata(context: WorkerContext):
    """A job of n pictures stores n PNG objects and one JSON object, and empties the queue."""
    job = submit(context, count=3, seed=7)
    process_ready_jobs(context)
    names = [picture_name(job.id, number) for number in range(3)]
    assert stored(context) == sorted([*names, metadata_name(job.id)])
    pixels = np.asarray(Image.open(io.BytesIO(context.store.get(names[1]))))
    assert pixels.shape == (64, 64, 3)
    assert (pixels == 8).all()
    depth = context.queue.depth()
    assert (depth.ready, depth.unacknowledged) == (0, 0)


def test_metadata_contains_parameters_worker_and_timings(context: WorkerContext):
    """The metadata object has prompt, sizes, seeds, model, worker and timings."""
    job = submit(context, count=2, seed=7)
    process_ready_jobs(context)
    metadata = decode_metadata(context.store.get(metadata_name(job.id)))
    assert metadata.prompt == "cartoon dwarf"
    assert (metadata.image_width, metadata.image_height) == (64, 64)
    assert metadata.lcm_model_id == "flat"
    assert metadata.seeds == (7, 8)
    assert metadata.pictures == (picture_name(job.id, 0), picture_name(job.id, 1))
    assert (metadata.worker, metadata.device) == ("tester", "cpu")
    assert metadata.timings.waiting >= 0
    assert metadata.timings.storing > 0


def test_seed_after_the_largest_is_zero(context: WorkerContext):
    """Every seed in the metadata is a valid seed of a job."""
    job = submit(context, count=2, seed=2**32 - 1)
    process_ready_jobs(context)
    metadata = decode_metadata(context.store.get(metadata_name(job.id)))
    assert metadata.seeds == (2**32 - 1, 0)


def test_job_is_acknowledged_after_it_is_stored(context: WorkerContext):
    """Until its metadata is stored, a job stays unacknowledged on the queue."""
    depths = []
    context.generator.before = lambda _: depths.append(context.queue.depth())
    submit(context, count=2)
    process_ready_jobs(context)
    assert [(depth.ready, depth.unacknowledged) for depth in depths] == [(0, 1), (0, 1)]
    assert context.queue.depth().unacknowledged == 0


def test_pictures_are_stored_one_by_one_and_metadata_last(context: WorkerContext):
    """Each picture is stored once it is generated; where metadata exists, all pictures do."""
    job = submit(context, count=3)
    names = [picture_name(job.id, number) for number in range(3)]

    def wait_for_earlier_pictures(_: list[GenerationParameters]) -> None:
        earlier = names[: len(context.generator.calls) - 1]
        wait_until(lambda: stored(context) == earlier, what="the earlier pictures, and only they")

    context.generator.before = wait_for_earlier_pictures
    process_ready_jobs(context)
    assert context.store.written == [*names, metadata_name(job.id)]


def test_events_report_each_state_in_order(context: WorkerContext):
    """Subscribers receive received, step, stored and done, with picture and step numbers."""
    job = submit(context)
    process_ready_jobs(context)
    events = events_of(context)
    assert [event.kind for event in events] == ["received", "step", "step", "stored", "done"]
    assert events[0].job == job
    assert [(event.step, event.steps, event.picture) for event in events[1:3]] == [
        (1, 2, 0),
        (2, 2, 0),
    ]
    assert events[3].name == picture_name(job.id, 0)
    assert {event.worker for event in events} == {"tester"}
    assert {event.job_id for event in events} == {job.id}


@pytest.mark.parametrize("seed", [None, 7])
def test_job_processed_twice_overwrites_its_objects(context: WorkerContext, seed: int | None):
    """A redelivered job gives the same names and the same pictures, even without a seed."""
    job = submit(context, count=2, seed=seed)
    process_ready_jobs(context)
    names = stored(context)
    first = [context.store.get(name) for name in names if name.endswith(".png")]
    context.queue.publish(job)
    process_ready_jobs(context)
    assert stored(context) == names
    assert [context.store.get(name) for name in names if name.endswith(".png")] == first


def submit_and_interrupt(context: WorkerContext) -> Job:
    """Requeue a job of three pictures while its second picture is generated."""
    job = submit(context, count=3, seed=7)

    def stop_at_second_call(_: list[GenerationParameters]) -> None:
        if len(context.generator.calls) == 2:
            raise Interrupted

    context.generator.before = stop_at_second_call
    process_ready_jobs(context)
    context.generator.before = lambda _: None
    assert stored(context) == [picture_name(job.id, 0)]
    events_of(context)
    return job


def test_redelivered_job_skips_stored_pictures(context: WorkerContext):
    """Stored pictures are not generated again, and their events are emitted again."""
    job = submit_and_interrupt(context)
    context.generator.calls.clear()
    process_ready_jobs(context)
    assert [call[0].seed for call in context.generator.calls] == [8, 9]
    assert decode_metadata(context.store.get(metadata_name(job.id))).seeds == (7, 8, 9)
    names = [event.name for event in events_of(context) if event.kind == "stored"]
    # Several pictures are stored at once, in any order.
    assert sorted(names) == [picture_name(job.id, number) for number in range(3)]
    assert context.queue.depth() == QueueDepth(0, 0)


def test_redelivered_job_with_all_pictures_only_stores_metadata(context: WorkerContext):
    """When all pictures are stored, a second attempt generates none and stores the metadata."""
    job = submit_and_interrupt(context)
    for number in (1, 2):
        context.store.put(picture_name(job.id, number), b"generated", "image/png")
    context.generator.calls.clear()
    process_ready_jobs(context)
    assert context.generator.calls == []
    assert context.store.exists(metadata_name(job.id))
    assert kinds(context) == ["received", "stored", "stored", "stored", "done"]


def test_redelivered_job_with_metadata_is_acknowledged(context: WorkerContext):
    """A job whose acknowledgement was lost leaves the queue; its metadata is unchanged."""
    job = submit_and_interrupt(context)
    context.store.put(metadata_name(job.id), b"written before", "application/json")
    context.generator.calls.clear()
    process_ready_jobs(context)
    assert context.generator.calls == []
    assert context.store.get(metadata_name(job.id)) == b"written before"
    assert kinds(context)[-1] == "done"
    assert context.queue.depth() == QueueDepth(0, 0)


def test_redelivered_job_waits_for_an_unreachable_store(context: WorkerContext, tmp_path: Path):
    """Without the store it is unknown which pictures exist, so the worker retries."""
    job = submit_and_interrupt(context)
    context.generator.calls.clear()
    folder = tmp_path / "pictures"
    folder.rename(tmp_path / "elsewhere")
    folder.write_text("not a folder")
    with running(context):
        wait_until(
            lambda: [event for event in events_of(context) if event.detail], what="the reason"
        )
        assert context.generator.calls == []
        folder.unlink()
        (tmp_path / "elsewhere").rename(folder)
        wait_until(lambda: context.store.exists(metadata_name(job.id)), what="the job is done")
    assert len(context.generator.calls) == 2


def test_cancelled_job_is_not_generated(context: WorkerContext):
    """A job that was cancelled before its delivery leaves the queue without a picture."""
    job = submit(context)
    cancel(context.store, job.id)
    process_ready_jobs(context)
    assert context.generator.calls == []
    assert stored(context) == []
    assert cancelled_jobs(context.store) == frozenset()
    # A "received" event first would show its card again for a moment.
    assert kinds(context) == ["cancelled"]
    assert context.queue.depth().ready == 0


def test_cancellation_stops_a_job_after_the_current_picture(context: WorkerContext):
    """After cancellation no further picture is generated and no metadata is stored."""
    job = submit(context, count=3)
    context.generator.before = lambda _: cancel_and_wait(context, job)
    process_ready_jobs(context)
    assert stored(context) == [picture_name(job.id, 0)]
    assert kinds(context)[-1] == "cancelled"


def test_job_can_be_cancelled_during_its_last_picture(context: WorkerContext):
    """A job cancelled at its last picture leaves no metadata, no mark and no message."""
    job = submit(context)
    context.generator.before = lambda _: cancel_and_wait(context, job)
    process_ready_jobs(context)
    assert not context.store.exists(metadata_name(job.id))
    assert cancelled_jobs(context.store) == frozenset()
    assert kinds(context)[-1] == "cancelled"
    assert context.queue.depth() == QueueDepth(0, 0)


def test_small_jobs_share_a_batch(context: WorkerContext):
    """Pictures of several jobs with equal size and steps are generated in one call."""
    context = with_batch_size(context, 4)
    jobs = [submit(context, count=1), submit(context, count=2), submit(context, width=128)]
    process_ready_jobs(context)
    assert [len(call) for call in context.generator.calls] == [3, 1]
    assert all(context.store.exists(metadata_name(job.id)) for job in jobs)


def test_worker_leases_no_more_jobs_than_fill_a_batch(context: WorkerContext):
    """With a batch size of 1, a worker leases one job and leaves the others on the queue."""
    ready = []
    context.generator.before = lambda _: ready.append(context.queue.depth().ready)
    for _ in range(3):
        submit(context)
    with running(context):
        wait_until(lambda: len(ready) == 3, what="three jobs generated")
    assert ready == [2, 1, 0]


def test_worker_leases_jobs_while_their_pictures_fit_into_a_batch(context: WorkerContext):
    """With a batch size of 4, a worker leases jobs of up to four pictures together."""
    context = with_batch_size(context, 4)
    ready = []
    context.generator.before = lambda _: ready.append(context.queue.depth().ready)
    jobs = [submit(context, count=count) for count in (4, 1, 1, 2, 7)]
    with running(context):
        wait_until(lambda: context.store.exists(metadata_name(jobs[-1].id)), what="all jobs done")
    assert [len(call) for call in context.generator.calls] == [4, 4, 4, 3]
    assert ready == [4, 1, 0, 0]


def test_queue_lost_after_the_first_job_does_not_delay_it(context: WorkerContext):
    """A received job is processed, even if receiving further jobs fails."""

    class OneDelivery(RefusingQueue):
        def receive(self, limit: int, timeout: float) -> list[Delivery]:
            deliveries = super().receive(limit, timeout)
            self.failures = 10**6 if deliveries else 0
            return deliveries

    context = with_batch_size(context, 4)
    job = submit(context)
    with running(replace(context, queue=OneDelivery(context.queue, 0))):
        wait_until(lambda: context.store.exists(metadata_name(job.id)), what="the job is done")


def test_job_that_always_fails_becomes_a_dead_letter(context: WorkerContext):
    """A failing job is retried up to the delivery limit, then dead-lettered with its reason."""

    def fail(_: list[GenerationParameters]) -> None:
        raise GenerationFailed("The size is odd.")

    job = submit(context)
    context.generator.before = fail
    with running(context):
        [letter] = wait_until(lambda: context.queue.dead_letters(10), what="a dead letter")
    assert letter.job == job
    assert letter.reason == "The size is odd."
    assert len(context.generator.calls) == DELIVERY_LIMIT + 1
    assert [kind for kind in kinds(context) if kind != "received"] == (
        ["returned"] * DELIVERY_LIMIT + ["failed"]
    )
    returned = [event for event in events_of(context) if event.kind == "returned"]
    assert all(0 <= event.retry_at - event.at <= 0.2 for event in returned)


def test_job_does_not_fail_because_of_another_job_in_its_batch(context: WorkerContext):
    """A failed batch is split into smaller ones, so that only the failing job fails."""

    def fail_for_seed_13(parameters: list[GenerationParameters]) -> None:
        if any(each.seed == 13 for each in parameters):
            raise GenerationFailed("Thirteen.")

    context = with_batch_size(context, 4)
    context.generator.before = fail_for_seed_13
    good, bad = submit(context, count=2, seed=1), submit(context, seed=13)
    process_ready_jobs(context)
    assert context.store.exists(metadata_name(good.id))
    assert not context.store.exists(metadata_name(bad.id))
    assert context.queue.depth().waiting == 1


def test_out_of_memory_reduces_the_batch_size(context: WorkerContext):
    """A device without memory for four pictures at once generates them two by two."""

    def allow_two(parameters: list[GenerationParameters]) -> None:
        if len(parameters) > 2:
            raise OutOfMemory("Too many.")

    context = with_batch_size(context, 4)
    context.generator.before = allow_two
    submit(context, count=4)
    process_ready_jobs(context)
    assert [len(call) for call in context.generator.calls] == [4, 2, 2]
    assert kinds(context)[-1] == "done"


def test_lost_device_requeues_its_jobs(context: WorkerContext):
    """A worker whose GPU is lost requeues its jobs and exits, instead of failing all jobs."""

    def lose_device(_: list[GenerationParameters]) -> None:
        raise DeviceLost("The device fell off the bus.")

    context.generator.before = lose_device
    submit(context)
    with pytest.raises(DeviceLost):
        run(context)
    assert context.queue.depth().ready == 1
    assert kinds(context) == ["received", "returned"]


def test_shutdown_finishes_the_current_job(context: WorkerContext):
    """Within the grace period the current job is finished, and no other job is received."""
    first, second = submit(context, count=3), submit(context)
    context.generator.before = lambda _: context.shutdown.request()
    run(context)
    assert context.store.exists(metadata_name(first.id))
    assert not context.store.exists(metadata_name(second.id))
    assert context.queue.depth().ready == 1


def test_job_is_requeued_after_the_grace_period(context: WorkerContext):
    """After the grace period, generation stops at the next step and the job is requeued."""
    context = replace(context, shutdown=ShutdownSignal(0))
    submit(context, count=3)
    context.generator.before = lambda _: context.shutdown.request()
    run(context)
    depth = context.queue.depth()
    assert (depth.ready, depth.unacknowledged) == (1, 0)
    assert kinds(context) == ["received", "step", "returned"]


def test_exit_after_one_task_processes_one_job(context: WorkerContext):
    """With EXIT_AFTER_ONE_TASK a worker exits after one job."""
    settings = context.settings.model_copy(update={"exit_after_one_task": True})
    context = replace(context, settings=settings)
    submit(context)
    submit(context)
    run(context)
    assert context.queue.depth().ready == 1
    assert kinds(context)[-1] == "done"


def test_exit_after_one_task_does_not_wait_for_ever(
    context: WorkerContext, monkeypatch: pytest.MonkeyPatch
):
    """With EXIT_AFTER_ONE_TASK and an empty queue, a worker exits after its time limit."""
    monkeypatch.setattr("worker.stages.intake.MAX_WAIT_FOR_ONE_TASK_SECONDS", 0.0)
    settings = context.settings.model_copy(update={"exit_after_one_task": True})
    run(replace(context, settings=settings))
    assert kinds(context) == []


def test_unreachable_store_delays_a_job_and_loses_nothing(context: WorkerContext, tmp_path: Path):
    """While the store is unreachable the job waits, with the reason; then it completes."""
    blocking_file = tmp_path / "pictures"
    blocking_file.write_text("not a folder")
    job = submit(context)
    with running(context):
        [event] = wait_until(
            lambda: [event for event in events_of(context) if event.detail], what="the reason"
        )
        assert "cannot be used" in event.detail
        assert context.queue.depth().unacknowledged == 1
        blocking_file.unlink()
        wait_until(lambda: context.store.exists(metadata_name(job.id)), what="the job is done")
    assert context.queue.depth().unacknowledged == 0
    assert len(context.generator.calls) == 1


def test_shutdown_requeues_a_job_that_waits_for_the_store(context: WorkerContext, tmp_path: Path):
    """On shutdown while the store is unreachable, the worker requeues the job and exits."""
    (tmp_path / "pictures").write_text("not a folder")
    submit(context)
    with running(context):
        wait_until(
            lambda: [event for event in events_of(context) if event.detail], what="the reason"
        )
    assert context.queue.depth().ready == 1


def test_unreachable_queue_is_retried(caplog: pytest.LogCaptureFixture):
    """An unreachable queue is retried; the log has its first error and its recovery."""
    failures = [QueueUnavailable("The broker is down.")] * 3

    def receive() -> str:
        if failures:
            raise failures.pop()
        return "a job"

    caplog.set_level(logging.INFO)
    errors = []
    assert retry_transient(receive, ShutdownSignal(60), errors.append) == "a job"
    assert errors == ["The broker is down."]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_refusing_queue_is_retried(context: WorkerContext):
    """A broker that refuses messages, short of memory, stops no worker."""
    job = submit(context)
    with running(replace(context, queue=RefusingQueue(context.queue, failures=2))):
        wait_until(lambda: context.store.exists(metadata_name(job.id)), what="the job is done")


def test_job_is_dead_lettered_once_the_queue_takes_it(context: WorkerContext):
    """While the broker takes no dead letter, the job waits: it is not delivered again and again."""
    submit(context, steps=2, scheduler="Euler")  # which this model does not have
    with running(replace(context, queue=RefusingQueue(context.queue, 0, rejections=2))):
        wait_until(context.queue.count_dead_letters, what="the dead letter")
    assert kinds(context) == ["received", "failed"]


def test_refusal_of_the_queue_is_counted_for_the_queue():
    """A broker short of memory is a failed attempt of the queue, not of the store."""
    failures = [PublishRefused("The broker's memory is short.")]

    def receive() -> None:
        if failures:
            raise failures.pop()

    before = [_unavailable(backend) for backend in ("queue", "store")]
    retry_transient(receive, ShutdownSignal(60), transient_errors=(QueueError,))
    after = [_unavailable(backend) for backend in ("queue", "store")]
    assert after == [before[0] + 1, before[1]]


def _unavailable(backend: str) -> float:
    return REGISTRY.get_sample_value("worker_unavailable_total", {"backend": backend}) or 0.0


def test_shutdown_while_the_queue_refuses_raises_nothing(context: WorkerContext):
    """On shutdown while the broker refuses, the worker exits without an error."""
    queue = RefusingQueue(context.queue, 10**6, on_failure=context.shutdown.request)
    run(replace(context, queue=queue))
    assert context.shutdown.requested


def test_shutdown_ends_retries():
    """Retries end when shutdown is requested, and the last error is raised."""

    def put() -> None:
        raise StoreFull("The disk is full.")

    shutdown = ShutdownSignal(60)
    with pytest.raises(StoreFull):
        retry_transient(put, shutdown, on_error=lambda _: shutdown.request())


# The tests below run the command in a process of its own; tests/end_to_end with real models.


@contextmanager
def worker_process(
    data_dir: Path, module: str = "tests.support.flat_worker", **variables: str
) -> Iterator[subprocess.Popen]:
    """Run a worker's command as its supervisor does, with a pipe as its standard input."""
    variables = {"DATA_DIR": str(data_dir), "DEVICE": "cpu"} | variables
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        env=os.environ | variables,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_event(context: WorkerContext, kind: str) -> Event:
    def matching_events() -> list[Event]:
        return [event for event in events_of(context) if event.kind == kind]

    return wait_until(matching_events, what=f"the event {kind}")[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_lets_the_current_job_finish(context: WorkerContext, tmp_path: Path, number: int):
    """After SIGTERM or one Ctrl+C, the worker finishes the current job and exits with 0."""
    job = submit(context, count=2, steps=30)
    with worker_process(tmp_path, GRACE_PERIOD="3600") as process:
        wait_for_event(context, "step")
        process.send_signal(number)
        assert process.wait(HANG_TIMEOUT) == 0
    assert context.store.exists(metadata_name(job.id))
    assert kinds(context)[-1] == "stopped"


def test_signal_without_grace_period_requeues_the_job(context: WorkerContext, tmp_path: Path):
    """Without a grace period, the job is back on the queue when the worker has exited."""
    submit(context, count=5, steps=150)
    with worker_process(tmp_path, GRACE_PERIOD="0") as process:
        wait_for_event(context, "step")
        process.terminate()
        assert process.wait(HANG_TIMEOUT) == 0
    depth = context.queue.depth()
    assert (depth.ready, depth.unacknowledged) == (1, 0)


SIGNAL_AT_THE_FIRST_LIBRARY = """
import os, runpy, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Finder())
runpy.run_module("worker", run_name="__main__", alter_sys=True)
"""


def test_signal_is_handled_while_libraries_are_imported() -> None:
    """Process 1 of a container ignores unhandled signals, so handlers are installed first."""
    done = subprocess.run([sys.executable, "-c", SIGNAL_AT_THE_FIRST_LIBRARY], check=False)
    assert done.returncode == 0


def test_worker_does_not_outlive_its_parent(context: WorkerContext, tmp_path: Path):
    """With STOP_WITH_PARENT the worker exits when its parent's pipe is closed."""
    with worker_process(tmp_path, STOP_WITH_PARENT="1") as process:
        wait_for_event(context, "ready")
        process.stdin.close()
        process.stdin = None
        assert process.wait(HANG_TIMEOUT) == 0


def test_exit_after_one_task_waits_for_a_job(context: WorkerContext, tmp_path: Path):
    """With EXIT_AFTER_ONE_TASK, a worker waits for a job, processes it and exits with 0."""
    with worker_process(tmp_path, EXIT_AFTER_ONE_TASK="1") as process:
        wait_for_event(context, "ready")
        job = submit(context)
        assert process.wait(HANG_TIMEOUT) == 0
    assert context.store.exists(metadata_name(job.id))


@pytest.mark.parametrize(
    ("variables", "code", "sentence"),
    [
        ({"BATCH_SIZE": "many"}, 2, "BATCH_SIZE in the environment should be"),
        ({"DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": ""}, 2, "DEVICE is cuda, but PyTorch"),
        (
            {"MODEL_ID": "nobody/nothing", "HF_HUB_OFFLINE": "1"},
            3,
            "The hub cannot be reached, and nobody/nothing is not in the cache.",
        ),
    ],
)
def test_startup_error_is_a_sentence_with_its_exit_code(
    tmp_path: Path, variables: dict[str, str], code: int, sentence: str
):
    """A wrong setting, a missing device or model: a sentence and the documented exit code."""
    with worker_process(tmp_path, "worker", **variables) as process:
        _, log = process.communicate(timeout=HANG_TIMEOUT)
    assert process.returncode == code
    assert sentence in log
    assert "Traceback" not in log


def test_help_imports_no_model_library():
    """`python -m worker --help` imports neither torch nor diffusers."""
    script = (
        "import runpy, sys; sys.argv = ['worker', '--help']\n"
        "try: runpy.run_module('worker', run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)


def test_metadata_contains_the_energy_of_a_picture(
    context: WorkerContext, monkeypatch: pytest.MonkeyPatch
):
    """It is what the GPU's counter advanced during generation, divided by the pictures."""
    joules = iter([100.0, 112.0, 200.0, 210.0])
    monkeypatch.setattr(energy, "energy_joules", lambda _: next(joules))
    job = submit(context, count=2)
    process_ready_jobs(context)
    metadata = decode_metadata(context.store.get(metadata_name(job.id)))
    assert metadata.energy_joules == 11
