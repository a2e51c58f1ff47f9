"""The worker's promises about jobs, with a real queue and store and a generator that draws flat."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import GenerationFailed, PublishRefused, QueueUnavailable, StoreFull
from core.settings import Settings
from tests.support.conditions import HANG_TIMEOUT, wait_until
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.names import DELIVERY_LIMIT
from wire.messages.picture import decode_metadata, metadata_name, picture_name
from wire.queues.base import Delivery, QueueDepth
from wire.queues.sqlite import SqliteQueue
from wire.stores.cancellation import cancel, is_cancelled
from wire.stores.directory import DirectoryStore
from worker.batch import do_batch
from worker.context import WorkerContext
from worker.generator import DeviceLost, GenerationParameters, Interrupted, ModelInfo, OutOfMemory
from worker.loop import work
from worker.retry import retry_transient
from worker.shutdown import ShutdownSignal

MODEL = ModelInfo(model_id="flat", device="cpu", steps=2, guidance_scale=1.0, width=64, height=64)


@dataclass
class FlatGenerator:
    """Paints one colour, made of the seed, and lets a test act in the middle."""

    model: ModelInfo = MODEL
    before: Callable[[list[GenerationParameters]], None] = lambda _: None
    """Called before each painting; what it raises is raised."""
    calls: list[list[GenerationParameters]] = field(default_factory=list)

    def generate(self, parameters, on_step, should_stop) -> list[np.ndarray]:
        """Return flat pictures, one step after the other."""
        self.calls.append(parameters)
        self.before(parameters)
        for step in range(1, parameters[0].steps + 1):
            on_step(step)
            if should_stop():
                raise Interrupted
        return [
            np.full((each.height, each.width, 3), each.seed % 256, np.uint8) for each in parameters
        ]


@dataclass
class RefusingQueue:
    """Fails some takes, as a broker does that is short of memory."""

    queue: SqliteQueue
    failures: int
    fails: Callable[[], None] = lambda: None
    """Called at each failure."""

    def receive(self, limit: int, timeout: float) -> list[Delivery]:
        """Take, once there was failure enough."""
        if self.failures:
            self.failures -= 1
            self.fails()
            raise PublishRefused("The broker's memory is short.")
        return self.queue.receive(limit, timeout)

    def __getattr__(self, name: str) -> object:
        return getattr(self.queue, name)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[WorkerContext]:
    settings = Settings(_env_file=None, data_dir=tmp_path, worker_name="tester", batch_size=1)
    made = WorkerContext(
        queue=SqliteQueue(tmp_path),
        events=SqliteEvents(tmp_path),
        store=DirectoryStore(tmp_path / "pictures"),
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


def do_what_waits(context: WorkerContext, jobs: int = 10) -> None:
    do_batch(context, context.queue.receive(jobs, timeout=1))


def stored(context: WorkerContext) -> list[str]:
    return [entry.name for entry in context.store.entries()]


def told(context: WorkerContext) -> list[Event]:
    return context.events.receive(timeout=0)


def kinds(context: WorkerContext) -> list[str]:
    return [event.kind for event in told(context)]


def in_batches_of(context: WorkerContext, size: int) -> WorkerContext:
    return replace(context, settings=context.settings.model_copy(update={"batch_size": size}))


@contextmanager
def working(context: WorkerContext) -> Iterator[None]:
    """Let a worker run beside the test."""
    thread = threading.Thread(target=work, args=[context])
    thread.start()
    try:
        yield
    finally:
        context.shutdown.request()
        thread.join(10)
    assert not thread.is_alive()


def test_a_job_gives_its_pictures_and_its_metadata(context: WorkerContext):
    """A job of n pictures leaves n PNG objects and one JSON object, and an empty queue."""
    job = submit(context, count=3, seed=7)
    do_what_waits(context)
    names = [picture_name(job.id, number) for number in range(3)]
    assert stored(context) == sorted([*names, metadata_name(job.id)])
    pixels = cv2.imdecode(np.frombuffer(context.store.get(names[1]), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (64, 64, 3)
    assert (pixels == 8).all()
    depth = context.queue.depth()
    assert (depth.ready, depth.unacknowledged) == (0, 0)


def test_metadata_says_what_was_painted_and_where(context: WorkerContext):
    """The metadata object tells prompt, sizes, seeds, model, worker and where the time went."""
    job = submit(context, count=2, seed=7)
    do_what_waits(context)
    metadata = decode_metadata(context.store.get(metadata_name(job.id)))
    assert metadata.prompt == "cartoon dwarf"
    assert (metadata.image_width, metadata.image_height) == (64, 64)
    assert metadata.lcm_model_id == "flat"
    assert metadata.seeds == (7, 8)
    assert metadata.pictures == (picture_name(job.id, 0), picture_name(job.id, 1))
    assert (metadata.worker, metadata.device) == ("tester", "cpu")
    assert metadata.timings.waiting >= 0
    assert metadata.timings.storing > 0


def test_a_job_is_acknowledged_after_it_is_stored(context: WorkerContext):
    """While a job is painted, and until its metadata is stored, the queue still holds it."""
    depths = []
    context.generator.before = lambda _: depths.append(context.queue.depth())
    submit(context, count=2)
    do_what_waits(context)
    assert [(depth.ready, depth.unacknowledged) for depth in depths] == [(0, 1), (0, 1)]
    assert context.queue.depth().unacknowledged == 0


def test_pictures_appear_as_they_are_painted_and_metadata_last(context: WorkerContext):
    """Who finds a job's metadata finds all its pictures; who waits sees them one by one."""
    seen = []
    context.generator.before = lambda _: seen.append(stored(context))
    job = submit(context, count=3)
    do_what_waits(context)
    first, second = picture_name(job.id, 0), picture_name(job.id, 1)
    assert seen == [[], [first], [first, second]]


def test_events_tell_the_story_in_order(context: WorkerContext):
    """A listener hears received, the steps, stored and done, with picture and step numbers."""
    job = submit(context)
    do_what_waits(context)
    events = told(context)
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
def test_a_job_done_twice_overwrites(context: WorkerContext, seed: int | None):
    """A redelivered job leaves the same names and the same pictures, also without a seed."""
    job = submit(context, count=2, seed=seed)
    do_what_waits(context)
    names = stored(context)
    first = [context.store.get(name) for name in names if name.endswith(".png")]
    context.queue.publish(job)
    do_what_waits(context)
    assert stored(context) == names
    assert [context.store.get(name) for name in names if name.endswith(".png")] == first


def interrupt(context: WorkerContext) -> Job:
    """Let a job of three pictures be given back while its second one is painted."""
    job = submit(context, count=3, seed=7)

    def stop_at_the_second(_: list[GenerationParameters]) -> None:
        if len(context.generator.calls) == 2:
            raise Interrupted

    context.generator.before = stop_at_the_second
    do_what_waits(context)
    context.generator.before = lambda _: None
    assert stored(context) == [picture_name(job.id, 0)]
    told(context)
    return job


def test_a_job_that_comes_again_goes_on_where_it_ended(context: WorkerContext):
    """Pictures that an earlier attempt stored are not painted again, and are told all the same."""
    job = interrupt(context)
    context.generator.calls.clear()
    do_what_waits(context)
    assert [call[0].seed for call in context.generator.calls] == [8, 9]
    assert decode_metadata(context.store.get(metadata_name(job.id))).seeds == (7, 8, 9)
    names = [event.name for event in told(context) if event.kind == "stored"]
    assert names == [picture_name(job.id, number) for number in range(3)]
    assert context.queue.depth() == QueueDepth(0, 0)


def test_a_job_that_lacked_only_its_metadata_is_finished(context: WorkerContext):
    """When all pictures are stored, a second attempt paints none and writes the metadata."""
    job = interrupt(context)
    for number in (1, 2):
        context.store.put(picture_name(job.id, number), b"painted", "image/png")
    context.generator.calls.clear()
    do_what_waits(context)
    assert context.generator.calls == []
    assert context.store.exists(metadata_name(job.id))
    assert kinds(context) == ["received", "stored", "stored", "stored", "done"]


def test_a_job_that_was_done_is_acknowledged(context: WorkerContext):
    """A job whose acknowledgement was lost leaves the queue, and its metadata is left alone."""
    job = interrupt(context)
    context.store.put(metadata_name(job.id), b"written before", "application/json")
    context.generator.calls.clear()
    do_what_waits(context)
    assert context.generator.calls == []
    assert context.store.get(metadata_name(job.id)) == b"written before"
    assert kinds(context)[-1] == "done"
    assert context.queue.depth() == QueueDepth(0, 0)


def test_a_job_that_comes_again_waits_for_a_store_that_is_away(
    context: WorkerContext, tmp_path: Path
):
    """Whether pictures are there already is unknown without the store: ask until it answers."""
    job = interrupt(context)
    context.generator.calls.clear()
    folder = tmp_path / "pictures"
    folder.rename(tmp_path / "elsewhere")
    folder.write_text("not a folder")
    with working(context):
        wait_until(lambda: [event for event in told(context) if event.detail], what="the reason")
        assert context.generator.calls == []
        folder.unlink()
        (tmp_path / "elsewhere").rename(folder)
        wait_until(lambda: context.store.exists(metadata_name(job.id)), what="the job is done")
    assert len(context.generator.calls) == 2


def test_a_cancelled_job_is_not_painted(context: WorkerContext):
    """A job that was cancelled before a worker took it leaves the queue, and no picture."""
    job = submit(context)
    cancel(context.store, job.id)
    do_what_waits(context)
    assert context.generator.calls == []
    assert stored(context) == []
    assert not is_cancelled(context.store, job.id)
    # Told as received first, its card would come back for a moment.
    assert kinds(context) == ["cancelled"]
    assert context.queue.depth().ready == 0


def test_a_job_cancelled_in_the_middle_ends_there(context: WorkerContext):
    """No further picture is painted once a job is cancelled; no metadata says it is done."""
    job = submit(context, count=3)
    context.generator.before = lambda _: cancel(context.store, job.id)
    do_what_waits(context)
    assert stored(context) == [picture_name(job.id, 0)]
    assert kinds(context)[-1] == "cancelled"


def test_a_job_cancelled_at_its_last_picture_is_cancelled(context: WorkerContext):
    """Until a job is done it can be cancelled: no metadata, no mark that stays, no message."""
    job = submit(context)
    context.generator.before = lambda _: cancel(context.store, job.id)
    do_what_waits(context)
    assert not context.store.exists(metadata_name(job.id))
    assert not is_cancelled(context.store, job.id)
    assert kinds(context)[-1] == "cancelled"
    assert context.queue.depth() == QueueDepth(0, 0)


def test_small_jobs_share_a_call(context: WorkerContext):
    """Pictures of several jobs with one size and steps are painted together."""
    context = in_batches_of(context, 4)
    jobs = [submit(context, count=1), submit(context, count=2), submit(context, width=128)]
    do_what_waits(context)
    assert [len(call) for call in context.generator.calls] == [3, 1]
    assert all(context.store.exists(metadata_name(job.id)) for job in jobs)


def test_a_worker_takes_no_more_jobs_than_fill_a_call(context: WorkerContext):
    """With one picture at a time a worker leases one job, and leaves the rest to others."""
    depths = []
    context.generator.before = lambda _: depths.append(context.queue.depth().unacknowledged)
    for _ in range(3):
        submit(context)
    with working(context):
        wait_until(lambda: len(depths) == 3, what="three jobs painted")
    assert depths == [1, 1, 1]


def test_a_worker_takes_no_more_pictures_than_fill_a_call(context: WorkerContext):
    """A GPU that paints four at once takes one job of four pictures, or small ones up to four."""
    context = in_batches_of(context, 4)
    leased = []
    context.generator.before = lambda _: leased.append(context.queue.depth().unacknowledged)
    jobs = [submit(context, count=count) for count in (4, 1, 1, 2, 7)]
    with working(context):
        wait_until(lambda: context.store.exists(metadata_name(jobs[-1].id)), what="all jobs done")
    assert [len(call) for call in context.generator.calls] == [4, 4, 4, 3]
    assert leased == [1, 3, 1, 1]


def test_a_queue_lost_after_the_first_job_does_not_delay_it(context: WorkerContext):
    """What was taken is painted, although no further job could be taken with it."""

    class OneTake(RefusingQueue):
        def receive(self, limit: int, timeout: float) -> list[Delivery]:
            deliveries = super().receive(limit, timeout)
            self.failures = 10**6 if deliveries else 0
            return deliveries

    context = in_batches_of(context, 4)
    job = submit(context)
    with working(replace(context, queue=OneTake(context.queue, 0))):
        wait_until(lambda: context.store.exists(metadata_name(job.id)), what="the job is done")


def test_what_cannot_be_painted_becomes_a_dead_letter(context: WorkerContext):
    """A job that fails is tried again up to the limit, then shown with its reason."""

    def refuse(_: list[GenerationParameters]) -> None:
        raise GenerationFailed("The size is odd.")

    job = submit(context)
    context.generator.before = refuse
    with working(context):
        [letter] = wait_until(lambda: context.queue.dead_letters(10), what="a dead letter")
    assert letter.job == job
    assert letter.reason == "The size is odd."
    assert len(context.generator.calls) == DELIVERY_LIMIT + 1
    assert [kind for kind in kinds(context) if kind != "received"] == (
        ["returned"] * DELIVERY_LIMIT + ["failed"]
    )


def test_a_job_does_not_fail_for_its_neighbour(context: WorkerContext):
    """When a shared call fails, its pictures are tried in smaller calls; the good ones live."""

    def refuse_the_bad(parameters: list[GenerationParameters]) -> None:
        if any(painting.seed == 13 for painting in parameters):
            raise GenerationFailed("Thirteen.")

    context = in_batches_of(context, 4)
    context.generator.before = refuse_the_bad
    good, bad = submit(context, count=2, seed=1), submit(context, seed=13)
    do_what_waits(context)
    assert context.store.exists(metadata_name(good.id))
    assert not context.store.exists(metadata_name(bad.id))
    assert context.queue.depth().ready == 1


def test_less_memory_means_smaller_calls(context: WorkerContext):
    """A device without room for four pictures at once paints them two by two."""

    def only_two(parameters: list[GenerationParameters]) -> None:
        if len(parameters) > 2:
            raise OutOfMemory("Too many.")

    context = in_batches_of(context, 4)
    context.generator.before = only_two
    submit(context, count=4)
    do_what_waits(context)
    assert [len(call) for call in context.generator.calls] == [4, 2, 2]
    assert kinds(context)[-1] == "done"


def test_a_lost_device_gives_its_jobs_back(context: WorkerContext):
    """A worker whose GPU fell off does not eat the queue: it returns its jobs and ends."""

    def lose(_: list[GenerationParameters]) -> None:
        raise DeviceLost("The device fell off the bus.")

    context.generator.before = lose
    submit(context)
    with pytest.raises(DeviceLost):
        work(context)
    assert context.queue.depth().ready == 1
    assert kinds(context) == ["received", "returned"]


def test_a_worker_that_is_told_to_stop_finishes_what_it_has(context: WorkerContext):
    """Within the grace period the job in hand is finished, and no other one is taken."""
    first, second = submit(context, count=3), submit(context)
    context.generator.before = lambda _: context.shutdown.request()
    work(context)
    assert context.store.exists(metadata_name(first.id))
    assert not context.store.exists(metadata_name(second.id))
    assert context.queue.depth().ready == 1


def test_what_the_grace_period_is_too_short_for_is_given_back(context: WorkerContext):
    """When the grace period is over, painting ends at the next step and the job returns."""
    context = replace(context, shutdown=ShutdownSignal(0))
    submit(context, count=3)
    context.generator.before = lambda _: context.shutdown.request()
    work(context)
    depth = context.queue.depth()
    assert (depth.ready, depth.unacknowledged) == (1, 0)
    assert kinds(context) == ["received", "step", "returned"]


def test_one_task_and_no_more(context: WorkerContext):
    """With EXIT_AFTER_ONE_TASK a worker ends by itself after one job."""
    settings = context.settings.model_copy(update={"exit_after_one_task": True})
    context = replace(context, settings=settings)
    submit(context)
    submit(context)
    work(context)
    assert context.queue.depth().ready == 1
    assert kinds(context)[-1] == "done"


def test_a_worker_for_one_task_does_not_wait_for_ever(
    context: WorkerContext, monkeypatch: pytest.MonkeyPatch
):
    """With EXIT_AFTER_ONE_TASK and nothing to do, a worker ends: it was one too many."""
    monkeypatch.setattr("worker.loop._LONGEST_WAIT_FOR_ONE_TASK", 0.0)
    settings = context.settings.model_copy(update={"exit_after_one_task": True})
    work(replace(context, settings=settings))
    assert kinds(context) == []


def test_a_store_that_is_away_delays_a_job_and_loses_nothing(
    context: WorkerContext, tmp_path: Path
):
    """While the store is away the job waits, says why, and completes when it is back."""
    in_the_way = tmp_path / "pictures"
    in_the_way.write_text("not a folder")
    job = submit(context)
    with working(context):
        said = wait_until(lambda: [e for e in told(context) if e.detail], what="the reason")
        assert "cannot be used" in said[0].detail
        assert context.queue.depth().unacknowledged == 1
        in_the_way.unlink()
        wait_until(lambda: context.store.exists(metadata_name(job.id)), what="the job is done")
    assert context.queue.depth().unacknowledged == 0
    assert len(context.generator.calls) == 1


def test_a_worker_leaves_a_store_that_stays_away(context: WorkerContext, tmp_path: Path):
    """Told to stop while the store is away, a worker gives the job back and ends."""
    (tmp_path / "pictures").write_text("not a folder")
    submit(context)
    with working(context):
        wait_until(lambda: [event for event in told(context) if event.detail], what="the reason")
    assert context.queue.depth().ready == 1


def test_a_queue_that_is_away_is_waited_for(caplog: pytest.LogCaptureFixture):
    """A queue that cannot be reached is tried again; the log says so once, and its end."""
    failures = [QueueUnavailable("The broker is away.")] * 3

    def receive() -> str:
        if failures:
            raise failures.pop()
        return "a job"

    caplog.set_level(logging.INFO)
    troubles = []
    assert retry_transient(receive, ShutdownSignal(60), troubles.append) == "a job"
    assert troubles == ["The broker is away."]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_queue_that_refuses_is_waited_for(context: WorkerContext):
    """A broker that refuses a message for want of memory ends no worker."""
    job = submit(context)
    with working(replace(context, queue=RefusingQueue(context.queue, failures=2))):
        wait_until(lambda: context.store.exists(metadata_name(job.id)), what="the job is done")


def test_a_worker_leaves_a_queue_that_goes_on_refusing(context: WorkerContext):
    """Told to stop while the broker refuses, a worker ends without an error."""
    work(
        replace(context, queue=RefusingQueue(context.queue, 10**6, fails=context.shutdown.request))
    )
    assert context.shutdown.requested


def test_a_worker_that_stops_does_not_wait_for_a_store():
    """Patience ends with the request to stop; the newest failure is what comes out."""

    def put() -> None:
        raise StoreFull("The disk is full.")

    stopping = ShutdownSignal(60)
    with pytest.raises(StoreFull):
        retry_transient(put, stopping, on_trouble=lambda _: stopping.ask())


# From here on: the real command, with a real model.


@pytest.fixture(scope="session")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "noise"
    subprocess.run([sys.executable, "-m", "tests.support.noise_model", folder], check=True)
    return folder


@contextmanager
def worker_process(data_dir: Path, model: Path, **variables: str) -> Iterator[subprocess.Popen]:
    """Run `python -m worker` as its supervisor does, with a pipe as its standard input."""
    variables = {"DATA_DIR": str(data_dir), "MODEL_ID": str(model), "DEVICE": "cpu"} | variables
    process = subprocess.Popen(
        [sys.executable, "-m", "worker"],
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
    def heard() -> list[Event]:
        return [event for event in told(context) if event.kind == kind]

    return wait_until(heard, what=f"the event {kind}")[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_lets_the_job_finish(
    context: WorkerContext, noise: Path, tmp_path, number
):
    """SIGTERM or one Ctrl+C while a picture is painted: it is finished, then exit code 0."""
    job = submit(context, count=2, steps=30)
    with worker_process(tmp_path, noise, GRACE_PERIOD="3600") as process:
        wait_for_event(context, "step")
        process.send_signal(number)
        assert process.wait(HANG_TIMEOUT) == 0
    assert context.store.exists(metadata_name(job.id))
    assert kinds(context)[-1] == "stopped"


def test_a_signal_without_grace_gives_the_job_back(
    context: WorkerContext, noise: Path, tmp_path: Path
):
    """When no time is left, the job is on the queue again as soon as the worker has ended."""
    submit(context, count=5, steps=150, width=512, height=512)
    with worker_process(tmp_path, noise, GRACE_PERIOD="0") as process:
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


def test_a_signal_is_heard_while_libraries_are_imported() -> None:
    """A container's first process loses signals that it does not handle: none is lost early."""
    done = subprocess.run([sys.executable, "-c", SIGNAL_AT_THE_FIRST_LIBRARY], check=False)
    assert done.returncode == 0


def test_a_worker_does_not_outlive_its_parent(context: WorkerContext, noise: Path, tmp_path: Path):
    """With STOP_WITH_PARENT the worker ends when the pipe that its parent holds ends."""
    with worker_process(tmp_path, noise, STOP_WITH_PARENT="1") as process:
        wait_for_event(context, "ready")
        process.stdin.close()
        process.stdin = None
        assert process.wait(HANG_TIMEOUT) == 0


def test_a_worker_for_one_task_waits_for_it(context: WorkerContext, noise: Path, tmp_path: Path):
    """EXIT_AFTER_ONE_TASK on an empty queue: the worker waits, does the one, and exits 0."""
    with worker_process(tmp_path, noise, EXIT_AFTER_ONE_TASK="1") as process:
        wait_for_event(context, "ready")
        job = submit(context)
        assert process.wait(HANG_TIMEOUT) == 0
    assert context.store.exists(metadata_name(job.id))


@pytest.mark.parametrize(
    ("variables", "code", "sentence"),
    [
        ({"BATCH_SIZE": "many"}, 2, "BATCH_SIZE in the environment should be"),
        ({"DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": ""}, 2, "DEVICE is cuda, but PyTorch"),
        ({"MODEL_ID": "tests"}, 3, "The folder tests holds no model_index.json"),
        ({"MODEL_ID": "nobody/nothing", "HF_HUB_OFFLINE": "1"}, 3, "is no folder here"),
    ],
)
def test_what_a_worker_cannot_start_with_is_said(
    tmp_path: Path, variables: dict[str, str], code: int, sentence: str
):
    """A wrong setting, an absent device, no model: one sentence, and the documented code."""
    with worker_process(tmp_path, tmp_path, **variables) as process:
        _, log = process.communicate(timeout=HANG_TIMEOUT)
    assert process.returncode == code
    assert sentence in log
    assert "Traceback" not in log


def test_help_is_quick_to_import():
    """`python -m worker --help` starts neither torch nor diffusers."""
    script = (
        "import runpy, sys; sys.argv = ['worker', '--help']\n"
        "try: runpy.run_module('worker', run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
