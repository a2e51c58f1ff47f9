"""The worker's stages overlap, are bounded and lease little ahead. No test depends on a clock."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from core.errors import GenerationFailed, StoreUnavailable
from core.settings import Settings
from tests.support.conditions import HANG_TIMEOUT, wait_until
from tests.support.flat_generator import FlatGenerator
from tests.support.ready_jobs import process_ready_jobs
from wire.events.sqlite import SqliteEvents
from wire.messages import names
from wire.messages.infotext import INFOTEXT
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.metadata import Metadata, decode_metadata
from wire.messages.names import DELIVERY_LIMIT
from wire.messages.object_names import metadata_name, parse_metadata_name, picture_name
from wire.messages.parameters import GenerationParameters
from wire.messages.png_text import read_text
from wire.queues.base import Delivery, QueueDepth
from wire.queues.sqlite import SqliteQueue
from wire.stores.cancellation import cancel
from wire.stores.directory import DirectoryStore
from worker import metrics
from worker.context import WorkerContext
from worker.generator import DeviceLost
from worker.loading_time import LoadingTime
from worker.shutdown import ShutdownSignal
from worker.stages import run as run_module
from worker.stages.batcher import Batcher
from worker.stages.batching import BatchLimits, next_batch
from worker.stages.look_ahead import LookAhead
from worker.stages.run import run
from worker.stages.stage import BoundedQueue, Closed, Stage
from worker.task import BatchItem, Outcome, prepare_task


@dataclass
class HookedStore:
    """A store that calls a hook of the test before each picture is written."""

    store: DirectoryStore
    before_picture: Callable[[str], None] = lambda _: None

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object, after the hook."""
        if not parse_metadata_name(name):
            self.before_picture(name)
        self.store.put(name, body, content_type)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkerContext]:
    monkeypatch.setattr(names, "RETRY_PAUSES_SECONDS", (0.1,))
    made = WorkerContext(
        queue=SqliteQueue(tmp_path),
        events=SqliteEvents(tmp_path),
        store=HookedStore(DirectoryStore(tmp_path / "pictures")),
        generator=FlatGenerator(),
        settings=Settings(_env_file=None, data_dir=tmp_path, worker_name="tester", batch_size=1),
        shutdown=ShutdownSignal(HANG_TIMEOUT),
    )
    yield made
    made.queue.close()
    made.events.close()


@dataclass
class RunningWorker:
    """A worker in a thread."""

    context: WorkerContext
    thread: threading.Thread = field(init=False)

    def __enter__(self) -> "RunningWorker":
        self.thread = threading.Thread(target=run, args=[self.context], daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.context.shutdown.request()
        self.thread.join(HANG_TIMEOUT)
        assert not self.thread.is_alive()


def submit(context: WorkerContext, count: int = 1, **fields: object) -> Job:
    job = new_job(JobRequest(prompt="cartoon dwarf", count=count, **fields))
    context.queue.publish(job)
    return job


def with_batch_size(context: WorkerContext, size: int) -> WorkerContext:
    return replace(context, settings=context.settings.model_copy(update={"batch_size": size}))


def wait_until_done(context: WorkerContext, *jobs: Job) -> None:
    for job in jobs:
        wait_until(lambda j=job: context.store.exists(metadata_name(j.id)), what="the job is done")
    wait_until(lambda: context.queue.depth() == QueueDepth(0, 0), what="acknowledged")


def metadata_of(context: WorkerContext, job: Job) -> Metadata:
    return decode_metadata(context.store.get(metadata_name(job.id)))


def test_pictures_are_stored_while_the_next_batch_is_generated(context: WorkerContext):
    """A store whose first write waits for the second batch: a serial worker would never end."""
    second_batch = threading.Event()

    def begin(_: list[GenerationParameters]) -> None:
        if len(context.generator.calls) == 2:
            second_batch.set()

    def wait_for_second_batch(name: str) -> None:
        if name == picture_name(job.id, 0):
            assert second_batch.wait(HANG_TIMEOUT)

    job = submit(context, count=2)
    context.generator.before = begin
    context.store.before_picture = wait_for_second_batch
    with RunningWorker(context):
        wait_until_done(context, job)


def test_next_job_is_received_while_a_fast_batch_is_generated(
    context: WorkerContext, monkeypatch: pytest.MonkeyPatch
):
    """With short batches the next job is leased before the running batch ends."""
    monkeypatch.setattr("worker.stages.batcher._LATE_SECONDS", math.inf)
    jobs = [submit(context) for _ in range(3)]

    def wait_for_lease_of_third(_: list[GenerationParameters]) -> None:
        if len(context.generator.calls) == 2:
            wait_until(lambda: context.queue.depth().ready == 0, what="the third job is leased")

    context.generator.before = wait_for_lease_of_third
    with RunningWorker(context):
        wait_until_done(context, *jobs)


def test_slow_worker_leases_no_job_ahead(context: WorkerContext, monkeypatch: pytest.MonkeyPatch):
    """While a batch takes longer than the look-ahead, further jobs are left to idle workers."""
    monkeypatch.setattr("worker.stages.batcher.Batcher._seconds_of", lambda *_: 3600.0)
    monkeypatch.setattr("worker.stages.batcher.Batcher.seconds_per_picture", 3600.0)
    jobs = [submit(context) for _ in range(3)]
    ready = []
    context.generator.before = lambda _: ready.append(context.queue.depth().ready)
    with RunningWorker(context):
        wait_until_done(context, *jobs)
    assert ready == [2, 1, 0]


@dataclass
class MeasuredBatcher:
    """What the look-ahead reads of the batcher."""

    seconds_per_picture: float | None
    backlog_seconds: float = 0.0
    batch_limit: int = 1


def deliveries_of(*counts: int) -> list[Delivery]:
    jobs = [new_job(JobRequest(prompt="x", count=count)) for count in counts]
    return [Delivery(job, 1, number) for number, job in enumerate(jobs)]


@pytest.mark.parametrize(
    ("seconds", "backlog", "count", "limit"),
    [
        (None, 0.0, 1, 1),  # no batch was measured yet
        (3.0, 0.0, 1, 1),
        (0.1, 0.0, 1, 5),
        (0.1, 0.25, 1, 2),
        (0.1, 0.0, 2, 2),
        (0.001, 0.0, 1, 16),
        (0.1, math.inf, 1, 1),
    ],
)
def test_half_a_second_of_work_is_leased_at_once(
    seconds: float | None, backlog: float, count: int, limit: int
):
    """The number of jobs follows from the last batch's duration and the size of recent jobs."""
    look_ahead = LookAhead(MeasuredBatcher(seconds, backlog))
    look_ahead.note(deliveries_of(count, 1))
    assert look_ahead.limit() == limit


def test_jobs_larger_than_expected_are_left_to_others():
    """Of several large jobs that arrived in the place of small ones, the first is kept."""
    look_ahead = LookAhead(MeasuredBatcher(0.1))
    small, large = deliveries_of(1, 1, 1), deliveries_of(100, 1, 100)
    assert look_ahead.to_requeue(small) == []
    assert look_ahead.to_requeue(large) == large[1:]
    slow = LookAhead(MeasuredBatcher(9.0, batch_limit=4))
    assert slow.to_requeue(deliveries_of(1, 1, 2)) == []


def test_slow_store_stops_the_generator(context: WorkerContext):
    """With a store that never answers, exactly what fits into the queues is generated."""
    answer = threading.Event()
    context.store.before_picture = lambda _: answer.wait()
    encoders = run_module.encoder_count()
    in_progress = 1 + encoders + run_module.UPLOADERS  # the denoiser holds one more
    bound = in_progress + run_module.UNENCODED_PICTURES + run_module.ENCODED_PICTURES
    job = submit(context, count=bound + 10)
    with RunningWorker(context):
        wait_until(lambda: len(context.generator.calls) == bound, what="all queues are full")
        blocked = _blocked_stages()
        wait_until(lambda: _blocked_stages() == blocked, what="nothing moves")
        assert len(context.generator.calls) == bound
        answer.set()
        wait_until_done(context, job)


def _blocked_stages() -> list[str]:
    """Return the names of the threads of stages."""
    names = ("denoiser", "encoder", "uploader")
    return sorted(t.name for t in threading.enumerate() if t.name.startswith(names))


def test_retried_job_runs_alone(context: WorkerContext):
    """A job that may have crashed a worker shares neither its batch nor its worker's leases."""
    context = with_batch_size(context, 4)
    retried = [submit(context, seed=seed) for seed in range(4)]
    for delivery in context.queue.receive(4, timeout=1):
        context.queue.requeue(delivery)
    fresh = [submit(context, seed=99) for _ in range(4)]
    leased = []

    def observe(parameters: list[GenerationParameters]) -> None:
        if parameters[0].seed != 99:
            leased.append((len(parameters), context.queue.depth().unacknowledged))

    context.generator.before = observe
    with RunningWorker(context):
        wait_until_done(context, *retried, *fresh)
    assert leased == [(1, 1)] * 4


def test_job_handed_back_after_progress_loses_no_attempt(context: WorkerContext):
    """A job whose workers stop more often than it may fail is finished, if each made progress."""
    stops = DELIVERY_LIMIT + 1
    job = submit(context, count=stops + 1)
    for number in range(stops):
        stopping = replace(context, shutdown=ShutdownSignal(0), generator=FlatGenerator())

        def stop_at_second_call(_: list[GenerationParameters], worker=stopping) -> None:
            if len(worker.generator.calls) == 2:
                worker.shutdown.request()

        stopping.generator.before = stop_at_second_call
        run(stopping)
        assert context.store.exists(picture_name(job.id, number))
        assert context.queue.depth() == QueueDepth(1, 0)
    with RunningWorker(context):
        wait_until_done(context, job)
    assert context.queue.dead_letters(10) == []


def test_job_that_never_gets_anywhere_becomes_a_dead_letter(context: WorkerContext):
    """A job without progress when its workers stop is not tried for ever."""
    submit(context)
    for _ in range(DELIVERY_LIMIT + 1):
        stopping = replace(context, shutdown=ShutdownSignal(0), generator=FlatGenerator())
        stopping.generator.before = lambda _, worker=stopping: worker.shutdown.request()
        run(stopping)
    assert context.queue.receive(1, timeout=0) == []
    assert len(context.queue.dead_letters(10)) == 1


def test_failing_job_lets_others_pass(context: WorkerContext):
    """A job that fails is retried behind the jobs that wait."""

    def fail_for_seed_13(parameters: list[GenerationParameters]) -> None:
        if parameters[0].seed == 13:
            raise GenerationFailed("Thirteen.")

    context.generator.before = fail_for_seed_13
    submit(context, seed=13)
    good = submit(context, seed=1)
    with RunningWorker(context):
        wait_until(lambda: context.queue.dead_letters(10), what="a dead letter")
        wait_until_done(context, good)
    seeds = [call[0].seed for call in context.generator.calls]
    assert seeds.index(1) < 2
    assert seeds.count(13) == DELIVERY_LIMIT + 1


def test_stored_picture_carries_its_parameters(context: WorkerContext):
    """Other tools read prompt and seed from the file of each picture."""
    job = submit(context, count=2, seed=7)
    with RunningWorker(context):
        wait_until_done(context, job)
    text = read_text(context.store.get(picture_name(job.id, 1)))[INFOTEXT]
    assert text.startswith("cartoon dwarf")
    assert "Seed: 8" in text


def test_metadata_says_where_the_time_went(context: WorkerContext):
    """Timings name the parts of storing, and the phases that the generator measured."""
    generate = context.generator.generate
    phases = {"encoding_text": 0.25, "denoising": 0.5}
    context.generator.generate = lambda *given: [
        replace(picture, finish=lambda: phases) for picture in generate(*given)
    ]
    job = submit(context, count=2)
    with RunningWorker(context):
        wait_until_done(context, job)
    timings = metadata_of(context, job).timings
    assert (timings.encoding_text, timings.denoising, timings.decoding) == (0.5, 1.0, None)
    assert timings.storing == pytest.approx(timings.encoding_png + timings.uploading, abs=0.001)
    assert timings.blocked is not None


def test_metadata_says_how_long_the_job_waited_for_the_model(context: WorkerContext):
    """The worker was loading its model when the job was submitted; a later job did not wait."""
    job = submit(context)
    now = time.time()
    loading = LoadingTime(now - 100, now + 0.001)
    with RunningWorker(replace(context, loading=loading)):
        wait_until_done(context, job)
        later = submit(context)
        wait_until_done(context, later)
    first = metadata_of(context, job).timings
    assert 0 < first.loading <= first.waiting
    assert metadata_of(context, later).timings.loading is None
    assert loading.waited(None, now) is None


def fail_to_arrive(context: WorkerContext, error: Exception) -> None:
    """Let each generated picture fail on its way from the device."""
    generate = context.generator.generate

    def finish() -> dict[str, float]:
        raise error

    context.generator.generate = lambda *given: [
        replace(picture, finish=finish) for picture in generate(*given)
    ]


def test_device_lost_during_a_copy_returns_its_job(context: WorkerContext):
    """Pictures arrive while the next batch is generated; the job is not failed for the device."""
    fail_to_arrive(context, DeviceLost("The device fell off the bus."))
    submit(context)
    with pytest.raises(DeviceLost, match="fell off"):
        process_ready_jobs(context)
    assert context.queue.depth().ready == 1


def test_picture_that_is_not_finite_fails_with_its_reason(context: WorkerContext):
    """It is known once the picture has arrived, and the reason is the generator's."""
    fail_to_arrive(context, GenerationFailed("The model's output is not finite."))
    submit(context)
    with RunningWorker(context):
        [letter] = wait_until(lambda: context.queue.dead_letters(10), what="a dead letter")
    assert letter.reason == "The model's output is not finite."


def test_picture_that_cannot_be_encoded_fails_its_job_only(context: WorkerContext):
    """A wrong shape from a generator is an attempt that failed; the worker goes on."""
    generate = context.generator.generate
    context.generator.generate = lambda requests, *more: [
        replace(picture, pixels=picture.pixels[:, :, :2])
        if request.parameters.seed == 13
        else picture
        for request, picture in zip(requests, generate(requests, *more), strict=True)
    ]
    submit(context, seed=13)
    good = submit(context, seed=1)
    with RunningWorker(context):
        [letter] = wait_until(lambda: context.queue.dead_letters(10), what="a dead letter")
        wait_until_done(context, good)
    assert letter.job.seed == 13


def test_generator_bug_fails_the_attempt_and_not_the_worker(context: WorkerContext):
    """An exception that no interface mentions counts as a failed attempt."""

    def crash(parameters: list[GenerationParameters]) -> None:
        if parameters[0].seed == 13:
            raise RuntimeError("shape mismatch")

    context.generator.before = crash
    submit(context, seed=13)
    good = submit(context, seed=1)
    with RunningWorker(context):
        [letter] = wait_until(lambda: context.queue.dead_letters(10), what="a dead letter")
        wait_until_done(context, good)
    assert "shape mismatch" in letter.reason


def test_job_that_is_cancelled_between_attempts_is_dropped(context: WorkerContext):
    """A cancellation during the pause before a retry ends the job: it is not generated again."""

    def fail(_: list[GenerationParameters]) -> None:
        raise GenerationFailed("Out of luck.")

    context.generator.before = fail
    job = submit(context)
    process_ready_jobs(context)
    assert context.queue.depth().waiting == 1
    cancel(context.store, job.id)
    wait_until(lambda: context.queue.depth().ready == 1, what="the end of the pause")
    process_ready_jobs(context)
    assert context.queue.depth() == QueueDepth(0, 0)
    assert [event.kind for event in context.events.receive(0)][-1] == "cancelled"
    assert len(context.generator.calls) == 1


def test_half_of_a_batch_that_was_generated_is_kept(context: WorkerContext):
    """When a batch is divided, an undeclared error in one half costs the other no attempt."""

    def crash(parameters: list[GenerationParameters]) -> None:
        if 13 in [each.seed for each in parameters]:
            raise RuntimeError("shape mismatch")

    context.generator.before = crash
    good, bad = [submit(context, seed=seed) for seed in (1, 2)], submit(context, seed=13)
    process_ready_jobs(with_batch_size(context, 4))
    assert all(context.store.exists(metadata_name(job.id)) for job in good)
    assert (context.queue.depth().waiting, context.queue.depth().unacknowledged) == (1, 0)
    returned = [event.job_id for event in context.events.receive(0) if event.kind == "returned"]
    assert returned == [bad.id]


def test_device_lost_in_a_divided_batch_keeps_what_was_generated(context: WorkerContext):
    """The jobs of a divided batch that were generated before are stored, not returned."""

    def lose_device(parameters: list[GenerationParameters]) -> None:
        if len(parameters) > 2:
            raise GenerationFailed("Too many.")
        if parameters[0].seed == 13:
            raise DeviceLost("The device fell off the bus.")

    context.generator.before = lose_device
    jobs = [submit(context, seed=seed) for seed in (1, 2, 13, 14)]
    with pytest.raises(DeviceLost):
        process_ready_jobs(with_batch_size(context, 4))
    done = [context.store.exists(metadata_name(job.id)) for job in jobs]
    assert done == [True, True, False, False]
    assert context.queue.depth() == QueueDepth(2, 0)


def test_hanging_store_does_not_outlast_the_grace_period(
    context: WorkerContext, monkeypatch: pytest.MonkeyPatch
):
    """A write that never returns does not keep the worker; its job is back on the queue."""
    monkeypatch.setattr(run_module, "_ABANDON_AFTER_SECONDS", 0.0)
    hanging, answer = threading.Event(), threading.Event()
    context.store.before_picture = lambda _: (hanging.set(), answer.wait())
    submit(context)
    context = replace(context, shutdown=ShutdownSignal(0))
    with RunningWorker(context):
        assert hanging.wait(HANG_TIMEOUT)
    assert context.queue.depth() == QueueDepth(1, 0)
    answer.set()


def test_store_error_returns_the_job(context: WorkerContext):
    """What the store refuses for good is no reason to lose the worker or its other jobs."""
    refused = submit(context, seed=13)
    good = submit(context, seed=1)
    refusals = []

    def refuse_once(name: str) -> None:
        if name == picture_name(refused.id, 0) and not refusals:
            refusals.append(name)
            raise StoreUnavailable("It refused.")

    context.store.before_picture = refuse_once
    with RunningWorker(context):
        wait_until_done(context, refused, good)
    assert refusals


def make_task(attempt: int = 1, count: int = 1, **fields: object):
    job = new_job(JobRequest(prompt="cartoon dwarf", count=count, **fields))
    return prepare_task(Delivery(job, attempt, id(job)), FlatGenerator().model)


def batch_of(tasks: list, limit: int = 16) -> list[tuple[int, int]]:
    """Return (index of the job, number of the picture) of the next batch."""
    items = next_batch(tasks, BatchLimits(limit))
    return [(tasks.index(item.task), item.number) for item in items]


def test_batch_has_compatible_pictures_of_the_oldest_jobs():
    """Pictures of one size and number of steps share a batch, across jobs, in order."""
    tasks = [make_task(count=2), make_task(width=128), make_task(seed=7), make_task(steps=9)]
    assert batch_of(tasks) == [(0, 0), (0, 1), (2, 0)]
    assert batch_of(tasks, limit=1) == [(0, 0)]


def test_negative_prompt_and_none_do_not_share_a_batch():
    """No negative prompt is not the same as an empty one for every model."""
    tasks = [make_task(), make_task(negative_prompt="blurry"), make_task()]
    assert batch_of(tasks) == [(0, 0), (2, 0)]


@pytest.mark.parametrize("attempts", [(2, 1, 1), (2, 2, 2)])
def test_retried_job_has_a_batch_of_its_own(attempts: tuple[int, ...]):
    """A job that was redelivered shares its batch with no other."""
    tasks = [make_task(attempt) for attempt in attempts]
    assert batch_of(tasks) == [(0, 0)]
    assert batch_of([make_task(1), make_task(2), make_task(1)]) == [(0, 0), (2, 0)]


def test_limits_remember_what_ran_out_of_memory():
    """After an out-of-memory, batches of that size of picture stay smaller; others do not."""
    limits, large, small = BatchLimits(16), make_task(width=512), make_task(width=64)
    for count in (16, 7, 8):
        limits.ran_out_of_memory(large, count)
    assert (limits.limit(large), limits.limit(small)) == (4, 16)
    limits.succeeded(large, 4, seconds=0.1)
    assert limits.limit(large) == 4
    limits.ran_out_of_memory(large, 1)
    assert limits.limit(large) == 1


def test_batches_grow_while_they_are_full_and_short():
    """A full batch doubles the next one of its parameters, up to the maximum and to a time."""
    limits, fast, slow = BatchLimits(1, 8), make_task(steps=1), make_task(steps=50)
    grown = []
    for _ in range(5):
        limits.succeeded(fast, limits.limit(fast), seconds=0.1)
        grown.append(limits.limit(fast))
    assert grown == [2, 4, 8, 8, 8]
    limits.succeeded(slow, 1, seconds=1.0)
    limits.succeeded(slow, 1, seconds=0.1)
    assert limits.limit(slow) == 2  # the second batch was not full
    limits.succeeded(slow, 2, seconds=2.0)
    assert limits.limit(slow) == 2  # four pictures would take four seconds


def test_next_batch_is_leased_in_full():
    """Shortly before a batch ends, as many jobs are leased as the next one has pictures."""
    look_ahead = LookAhead(MeasuredBatcher(0.2, 0.25, batch_limit=8))
    look_ahead.note(deliveries_of(1, 1))
    assert look_ahead.limit() == 8


class EndingLedger:
    """A ledger in which a job is cancelled just before its pictures are given out."""

    def begin(self, items: list[BatchItem]) -> list[BatchItem]:
        """Cancel the jobs."""
        for item in items:
            item.task.outcome = Outcome("cancelled", "Cancelled.")
        return []


def test_worker_ends_although_its_last_job_is_cancelled_meanwhile():
    """A worker for one task frees its GPU although the job is cancelled as it begins."""
    batcher, ended = Batcher(EndingLedger(), BatchLimits(1)), threading.Event()
    batcher.add([make_task()])
    batcher.close()

    def take() -> None:
        with pytest.raises(Closed):
            batcher.take()
        ended.set()

    threading.Thread(target=take, daemon=True).start()
    assert ended.wait(HANG_TIMEOUT)


def test_stage_ends_with_all_items_done():
    """Closing a queue lets its stage finish what was put before, then end and tell the next."""
    source: BoundedQueue[int] = BoundedQueue(10)
    done: list[int] = []
    ended = threading.Event()
    stage = Stage(
        "test", source.get, lambda item: [item, -item], done.append, lambda *_: None, ended.set, 3
    )
    for number in range(1, 6):
        source.put(number)
    source.close()
    stage.start()
    assert stage.join(HANG_TIMEOUT)
    assert ended.is_set()
    assert sorted(done) == [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5]


def test_idle_time_of_a_stage_has_a_reason():
    """The metrics tell a stage that has nothing to do from one that cannot hand over."""

    def idle(reason: str) -> float:
        return metrics.IDLE_SECONDS.labels("idle test", reason)._value.get()

    source: BoundedQueue[int] = BoundedQueue(1)
    target: BoundedQueue[int] = BoundedQueue(1)
    stage = Stage("idle test", source.get, lambda i: [i, i], target.put, lambda *_: None)
    stage.start()
    source.put(1)
    wait_until(lambda: idle("starved") > 0, what="starved until the item came")
    assert idle("blocked") < idle("starved") + 1
    target.get()
    target.get()
    source.close()
    assert stage.join(HANG_TIMEOUT)
    assert idle("blocked") > 0


def test_stage_that_ends_unexpectedly_is_logged(caplog: pytest.LogCaptureFixture):
    """A fault of a stage itself is in the worker's log, and the stages behind it end as well."""
    target: BoundedQueue[int] = BoundedQueue(1)
    items = iter([1])
    stage = Stage(
        "test", lambda: next(items), lambda i: [i], target.put, lambda *_: None, target.close
    )
    stage.start()
    assert target.get() == 1
    with pytest.raises(Closed):
        target.get()
    assert stage.join(HANG_TIMEOUT)
    assert caplog.messages == ["The stage test ended unexpectedly."]
