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

from core.errors import PaintingFailed, PublishRefused, QueueUnavailable, StoreFull
from core.settings import Settings
from tests.support.conditions import wait_until
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.names import DELIVERY_LIMIT
from wire.messages.picture import decode_metadata, metadata_name, picture_name
from wire.queues.base import Delivery, Depth
from wire.queues.sqlite import SqliteQueue
from wire.stores.cancellation import cancel, is_cancelled
from wire.stores.directory import DirectoryStore
from worker.batch import do_batch
from worker.context import Parts
from worker.generator import Description, DeviceLost, Interrupted, OutOfMemory, Painting
from worker.loop import work
from worker.retry import patiently
from worker.shutdown import Stopping

MODEL = Description(model_id="flat", device="cpu", steps=2, guidance_scale=1.0, width=64, height=64)


@dataclass
class FlatGenerator:
    """Paints one colour, made of the seed, and lets a test act in the middle."""

    description: Description = MODEL
    before: Callable[[list[Painting]], None] = lambda _: None
    """Called before each painting; what it raises is raised."""
    calls: list[list[Painting]] = field(default_factory=list)

    def paint(self, paintings, on_step, should_stop) -> list[np.ndarray]:
        """Return flat pictures, one step after the other."""
        self.calls.append(paintings)
        self.before(paintings)
        for step in range(1, paintings[0].steps + 1):
            on_step(step)
            if should_stop():
                raise Interrupted
        return [
            np.full((each.height, each.width, 3), each.seed % 256, np.uint8) for each in paintings
        ]


@dataclass
class RefusingQueue:
    """Fails some takes, as a broker does that is short of memory."""

    queue: SqliteQueue
    failures: int
    fails: Callable[[], None] = lambda: None
    """Called at each failure."""

    def take(self, limit: int, timeout: float) -> list[Delivery]:
        """Take, once there was failure enough."""
        if self.failures:
            self.failures -= 1
            self.fails()
            raise PublishRefused("The broker's memory is short.")
        return self.queue.take(limit, timeout)

    def __getattr__(self, name: str) -> object:
        return getattr(self.queue, name)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    settings = Settings(_env_file=None, data_dir=tmp_path, worker_name="tester", batch_size=1)
    made = Parts(
        queue=SqliteQueue(tmp_path),
        events=SqliteEvents(tmp_path),
        store=DirectoryStore(tmp_path / "pictures"),
        generator=FlatGenerator(),
        settings=settings,
        stopping=Stopping(60),
    )
    yield made
    made.queue.close()
    made.events.close()


def submit(parts: Parts, count: int = 1, **fields: object) -> Job:
    job = new_job(JobRequest(prompt="cartoon dwarf", count=count, **fields))
    parts.queue.publish(job)
    return job


def do_what_waits(parts: Parts, jobs: int = 10) -> None:
    do_batch(parts, parts.queue.take(jobs, timeout=1))


def stored(parts: Parts) -> list[str]:
    return [entry.name for entry in parts.store.entries()]


def told(parts: Parts) -> list[Event]:
    return parts.events.receive(timeout=0)


def kinds(parts: Parts) -> list[str]:
    return [event.kind for event in told(parts)]


def in_batches_of(parts: Parts, size: int) -> Parts:
    return replace(parts, settings=parts.settings.model_copy(update={"batch_size": size}))


@contextmanager
def working(parts: Parts) -> Iterator[None]:
    """Let a worker run beside the test."""
    thread = threading.Thread(target=work, args=[parts])
    thread.start()
    try:
        yield
    finally:
        parts.stopping.ask()
        thread.join(10)
    assert not thread.is_alive()


def test_a_job_gives_its_pictures_and_its_metadata(parts: Parts):
    """A job of n pictures leaves n PNG objects and one JSON object, and an empty queue."""
    job = submit(parts, count=3, seed=7)
    do_what_waits(parts)
    names = [picture_name(job.id, number) for number in range(3)]
    assert stored(parts) == sorted([*names, metadata_name(job.id)])
    pixels = cv2.imdecode(np.frombuffer(parts.store.get(names[1]), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (64, 64, 3)
    assert (pixels == 8).all()
    depth = parts.queue.depth()
    assert (depth.ready, depth.unacknowledged) == (0, 0)


def test_metadata_says_what_was_painted_and_where(parts: Parts):
    """The metadata object tells prompt, sizes, seeds, model, worker and where the time went."""
    job = submit(parts, count=2, seed=7)
    do_what_waits(parts)
    metadata = decode_metadata(parts.store.get(metadata_name(job.id)))
    assert metadata.prompt == "cartoon dwarf"
    assert (metadata.image_width, metadata.image_height) == (64, 64)
    assert metadata.lcm_model_id == "flat"
    assert metadata.seeds == (7, 8)
    assert metadata.pictures == (picture_name(job.id, 0), picture_name(job.id, 1))
    assert (metadata.worker, metadata.device) == ("tester", "cpu")
    assert metadata.timings.waiting >= 0
    assert metadata.timings.storing > 0


def test_a_job_is_acknowledged_after_it_is_stored(parts: Parts):
    """While a job is painted, and until its metadata is stored, the queue still holds it."""
    depths = []
    parts.generator.before = lambda _: depths.append(parts.queue.depth())
    submit(parts, count=2)
    do_what_waits(parts)
    assert [(depth.ready, depth.unacknowledged) for depth in depths] == [(0, 1), (0, 1)]
    assert parts.queue.depth().unacknowledged == 0


def test_pictures_appear_as_they_are_painted_and_metadata_last(parts: Parts):
    """Who finds a job's metadata finds all its pictures; who waits sees them one by one."""
    seen = []
    parts.generator.before = lambda _: seen.append(stored(parts))
    job = submit(parts, count=3)
    do_what_waits(parts)
    first, second = picture_name(job.id, 0), picture_name(job.id, 1)
    assert seen == [[], [first], [first, second]]


def test_events_tell_the_story_in_order(parts: Parts):
    """A listener hears received, the steps, stored and done, with picture and step numbers."""
    job = submit(parts)
    do_what_waits(parts)
    events = told(parts)
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
def test_a_job_done_twice_overwrites(parts: Parts, seed: int | None):
    """A redelivered job leaves the same names and the same pictures, also without a seed."""
    job = submit(parts, count=2, seed=seed)
    do_what_waits(parts)
    names = stored(parts)
    first = [parts.store.get(name) for name in names if name.endswith(".png")]
    parts.queue.publish(job)
    do_what_waits(parts)
    assert stored(parts) == names
    assert [parts.store.get(name) for name in names if name.endswith(".png")] == first


def interrupt(parts: Parts) -> Job:
    """Let a job of three pictures be given back while its second one is painted."""
    job = submit(parts, count=3, seed=7)

    def stop_at_the_second(_: list[Painting]) -> None:
        if len(parts.generator.calls) == 2:
            raise Interrupted

    parts.generator.before = stop_at_the_second
    do_what_waits(parts)
    parts.generator.before = lambda _: None
    assert stored(parts) == [picture_name(job.id, 0)]
    told(parts)
    return job


def test_a_job_that_comes_again_goes_on_where_it_ended(parts: Parts):
    """Pictures that an earlier attempt stored are not painted again, and are told all the same."""
    job = interrupt(parts)
    parts.generator.calls.clear()
    do_what_waits(parts)
    assert [call[0].seed for call in parts.generator.calls] == [8, 9]
    assert decode_metadata(parts.store.get(metadata_name(job.id))).seeds == (7, 8, 9)
    names = [event.name for event in told(parts) if event.kind == "stored"]
    assert names == [picture_name(job.id, number) for number in range(3)]
    assert parts.queue.depth() == Depth(0, 0)


def test_a_job_that_lacked_only_its_metadata_is_finished(parts: Parts):
    """When all pictures are stored, a second attempt paints none and writes the metadata."""
    job = interrupt(parts)
    for number in (1, 2):
        parts.store.put(picture_name(job.id, number), b"painted", "image/png")
    parts.generator.calls.clear()
    do_what_waits(parts)
    assert parts.generator.calls == []
    assert parts.store.exists(metadata_name(job.id))
    assert kinds(parts) == ["received", "stored", "stored", "stored", "done"]


def test_a_job_that_was_done_is_acknowledged(parts: Parts):
    """A job whose acknowledgement was lost leaves the queue, and its metadata is left alone."""
    job = interrupt(parts)
    parts.store.put(metadata_name(job.id), b"written before", "application/json")
    parts.generator.calls.clear()
    do_what_waits(parts)
    assert parts.generator.calls == []
    assert parts.store.get(metadata_name(job.id)) == b"written before"
    assert kinds(parts)[-1] == "done"
    assert parts.queue.depth() == Depth(0, 0)


def test_a_job_that_comes_again_waits_for_a_store_that_is_away(parts: Parts, tmp_path: Path):
    """Whether pictures are there already is unknown without the store: ask until it answers."""
    job = interrupt(parts)
    parts.generator.calls.clear()
    folder = tmp_path / "pictures"
    folder.rename(tmp_path / "elsewhere")
    folder.write_text("not a folder")
    with working(parts):
        wait_until(lambda: [event for event in told(parts) if event.detail], what="the reason")
        assert parts.generator.calls == []
        folder.unlink()
        (tmp_path / "elsewhere").rename(folder)
        wait_until(lambda: parts.store.exists(metadata_name(job.id)), what="the job is done")
    assert len(parts.generator.calls) == 2


def test_a_cancelled_job_is_not_painted(parts: Parts):
    """A job that was cancelled before a worker took it leaves the queue, and no picture."""
    job = submit(parts)
    cancel(parts.store, job.id)
    do_what_waits(parts)
    assert parts.generator.calls == []
    assert stored(parts) == []
    assert not is_cancelled(parts.store, job.id)
    # Told as received first, its card would come back for a moment.
    assert kinds(parts) == ["cancelled"]
    assert parts.queue.depth().ready == 0


def test_a_job_cancelled_in_the_middle_ends_there(parts: Parts):
    """No further picture is painted once a job is cancelled; no metadata says it is done."""
    job = submit(parts, count=3)
    parts.generator.before = lambda _: cancel(parts.store, job.id)
    do_what_waits(parts)
    assert stored(parts) == [picture_name(job.id, 0)]
    assert kinds(parts)[-1] == "cancelled"


def test_a_job_cancelled_at_its_last_picture_is_cancelled(parts: Parts):
    """Until a job is done it can be cancelled: no metadata, no mark that stays, no message."""
    job = submit(parts)
    parts.generator.before = lambda _: cancel(parts.store, job.id)
    do_what_waits(parts)
    assert not parts.store.exists(metadata_name(job.id))
    assert not is_cancelled(parts.store, job.id)
    assert kinds(parts)[-1] == "cancelled"
    assert parts.queue.depth() == Depth(0, 0)


def test_small_jobs_share_a_call(parts: Parts):
    """Pictures of several jobs with one size and steps are painted together."""
    parts = in_batches_of(parts, 4)
    jobs = [submit(parts, count=1), submit(parts, count=2), submit(parts, width=128)]
    do_what_waits(parts)
    assert [len(call) for call in parts.generator.calls] == [3, 1]
    assert all(parts.store.exists(metadata_name(job.id)) for job in jobs)


def test_a_worker_takes_no_more_jobs_than_fill_a_call(parts: Parts):
    """With one picture at a time a worker leases one job, and leaves the rest to others."""
    depths = []
    parts.generator.before = lambda _: depths.append(parts.queue.depth().unacknowledged)
    for _ in range(3):
        submit(parts)
    with working(parts):
        wait_until(lambda: len(depths) == 3, what="three jobs painted")
    assert depths == [1, 1, 1]


def test_a_worker_takes_no_more_pictures_than_fill_a_call(parts: Parts):
    """A GPU that paints four at once takes one job of four pictures, or small ones up to four."""
    parts = in_batches_of(parts, 4)
    leased = []
    parts.generator.before = lambda _: leased.append(parts.queue.depth().unacknowledged)
    jobs = [submit(parts, count=count) for count in (4, 1, 1, 2, 7)]
    with working(parts):
        wait_until(lambda: parts.store.exists(metadata_name(jobs[-1].id)), what="all jobs done")
    assert [len(call) for call in parts.generator.calls] == [4, 4, 4, 3]
    assert leased == [1, 3, 1, 1]


def test_a_queue_lost_after_the_first_job_does_not_delay_it(parts: Parts):
    """What was taken is painted, although no further job could be taken with it."""

    class OneTake(RefusingQueue):
        def take(self, limit: int, timeout: float) -> list[Delivery]:
            deliveries = super().take(limit, timeout)
            self.failures = 10**6 if deliveries else 0
            return deliveries

    parts = in_batches_of(parts, 4)
    job = submit(parts)
    with working(replace(parts, queue=OneTake(parts.queue, 0))):
        wait_until(lambda: parts.store.exists(metadata_name(job.id)), what="the job is done")


def test_what_cannot_be_painted_becomes_a_dead_letter(parts: Parts):
    """A job that fails is tried again up to the limit, then shown with its reason."""

    def refuse(_: list[Painting]) -> None:
        raise PaintingFailed("The size is odd.")

    job = submit(parts)
    parts.generator.before = refuse
    with working(parts):
        [letter] = wait_until(lambda: parts.queue.dead_letters(10), what="a dead letter")
    assert letter.job == job
    assert letter.reason == "The size is odd."
    assert len(parts.generator.calls) == DELIVERY_LIMIT + 1
    assert [kind for kind in kinds(parts) if kind != "received"] == (
        ["returned"] * DELIVERY_LIMIT + ["failed"]
    )


def test_a_job_does_not_fail_for_its_neighbour(parts: Parts):
    """When a shared call fails, its pictures are tried in smaller calls; the good ones live."""

    def refuse_the_bad(paintings: list[Painting]) -> None:
        if any(painting.seed == 13 for painting in paintings):
            raise PaintingFailed("Thirteen.")

    parts = in_batches_of(parts, 4)
    parts.generator.before = refuse_the_bad
    good, bad = submit(parts, count=2, seed=1), submit(parts, seed=13)
    do_what_waits(parts)
    assert parts.store.exists(metadata_name(good.id))
    assert not parts.store.exists(metadata_name(bad.id))
    assert parts.queue.depth().ready == 1


def test_less_memory_means_smaller_calls(parts: Parts):
    """A device without room for four pictures at once paints them two by two."""

    def only_two(paintings: list[Painting]) -> None:
        if len(paintings) > 2:
            raise OutOfMemory("Too many.")

    parts = in_batches_of(parts, 4)
    parts.generator.before = only_two
    submit(parts, count=4)
    do_what_waits(parts)
    assert [len(call) for call in parts.generator.calls] == [4, 2, 2]
    assert kinds(parts)[-1] == "done"


def test_a_lost_device_gives_its_jobs_back(parts: Parts):
    """A worker whose GPU fell off does not eat the queue: it returns its jobs and ends."""

    def lose(_: list[Painting]) -> None:
        raise DeviceLost("The device fell off the bus.")

    parts.generator.before = lose
    submit(parts)
    with pytest.raises(DeviceLost):
        work(parts)
    assert parts.queue.depth().ready == 1
    assert kinds(parts) == ["received", "returned"]


def test_a_worker_that_is_told_to_stop_finishes_what_it_has(parts: Parts):
    """Within the grace period the job in hand is finished, and no other one is taken."""
    first, second = submit(parts, count=3), submit(parts)
    parts.generator.before = lambda _: parts.stopping.ask()
    work(parts)
    assert parts.store.exists(metadata_name(first.id))
    assert not parts.store.exists(metadata_name(second.id))
    assert parts.queue.depth().ready == 1


def test_what_the_grace_period_is_too_short_for_is_given_back(parts: Parts):
    """When the grace period is over, painting ends at the next step and the job returns."""
    parts = replace(parts, stopping=Stopping(0))
    submit(parts, count=3)
    parts.generator.before = lambda _: parts.stopping.ask()
    work(parts)
    depth = parts.queue.depth()
    assert (depth.ready, depth.unacknowledged) == (1, 0)
    assert kinds(parts) == ["received", "step", "returned"]


def test_one_task_and_no_more(parts: Parts):
    """With EXIT_AFTER_ONE_TASK a worker ends by itself after one job."""
    settings = parts.settings.model_copy(update={"exit_after_one_task": True})
    parts = replace(parts, settings=settings)
    submit(parts)
    submit(parts)
    work(parts)
    assert parts.queue.depth().ready == 1
    assert kinds(parts)[-1] == "done"


def test_a_worker_for_one_task_does_not_wait_for_ever(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
):
    """With EXIT_AFTER_ONE_TASK and nothing to do, a worker ends: it was one too many."""
    monkeypatch.setattr("worker.loop._LONGEST_WAIT_FOR_ONE_TASK", 0.0)
    settings = parts.settings.model_copy(update={"exit_after_one_task": True})
    work(replace(parts, settings=settings))
    assert kinds(parts) == []


def test_a_store_that_is_away_delays_a_job_and_loses_nothing(parts: Parts, tmp_path: Path):
    """While the store is away the job waits, says why, and completes when it is back."""
    in_the_way = tmp_path / "pictures"
    in_the_way.write_text("not a folder")
    job = submit(parts)
    with working(parts):
        said = wait_until(lambda: [e for e in told(parts) if e.detail], what="the reason")
        assert "cannot be used" in said[0].detail
        assert parts.queue.depth().unacknowledged == 1
        in_the_way.unlink()
        wait_until(lambda: parts.store.exists(metadata_name(job.id)), what="the job is done")
    assert parts.queue.depth().unacknowledged == 0
    assert len(parts.generator.calls) == 1


def test_a_worker_leaves_a_store_that_stays_away(parts: Parts, tmp_path: Path):
    """Told to stop while the store is away, a worker gives the job back and ends."""
    (tmp_path / "pictures").write_text("not a folder")
    submit(parts)
    with working(parts):
        wait_until(lambda: [event for event in told(parts) if event.detail], what="the reason")
    assert parts.queue.depth().ready == 1


def test_a_queue_that_is_away_is_waited_for(caplog: pytest.LogCaptureFixture):
    """A queue that cannot be reached is tried again; the log says so once, and its end."""
    failures = [QueueUnavailable("The broker is away.")] * 3

    def take() -> str:
        if failures:
            raise failures.pop()
        return "a job"

    caplog.set_level(logging.INFO)
    troubles = []
    assert patiently(take, Stopping(60), troubles.append) == "a job"
    assert troubles == ["The broker is away."]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_queue_that_refuses_is_waited_for(parts: Parts):
    """A broker that cannot bury or adopt a message while its memory is short ends no worker."""
    job = submit(parts)
    with working(replace(parts, queue=RefusingQueue(parts.queue, failures=2))):
        wait_until(lambda: parts.store.exists(metadata_name(job.id)), what="the job is done")


def test_a_worker_leaves_a_queue_that_goes_on_refusing(parts: Parts):
    """Told to stop while the broker refuses, a worker ends without an error."""
    work(replace(parts, queue=RefusingQueue(parts.queue, 10**6, fails=parts.stopping.ask)))
    assert parts.stopping.asked


def test_a_worker_that_stops_does_not_wait_for_a_store():
    """Patience ends with the request to stop; the newest failure is what comes out."""

    def put() -> None:
        raise StoreFull("The disk is full.")

    stopping = Stopping(60)
    with pytest.raises(StoreFull):
        patiently(put, stopping, on_trouble=lambda _: stopping.ask())


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


def wait_for_event(parts: Parts, kind: str) -> Event:
    def heard() -> list[Event]:
        return [event for event in told(parts) if event.kind == kind]

    return wait_until(heard, timeout=90, what=f"the event {kind}")[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_lets_the_job_finish(parts: Parts, noise: Path, tmp_path, number):
    """SIGTERM or one Ctrl+C while a picture is painted: it is finished, then exit code 0."""
    job = submit(parts, count=2, steps=30)
    with worker_process(tmp_path, noise) as process:
        wait_for_event(parts, "step")
        process.send_signal(number)
        assert process.wait(60) == 0
    assert parts.store.exists(metadata_name(job.id))
    assert kinds(parts)[-1] == "stopped"


def test_a_signal_without_grace_gives_the_job_back(parts: Parts, noise: Path, tmp_path: Path):
    """When no time is left, the job is on the queue again as soon as the worker has ended."""
    submit(parts, count=5, steps=150, width=512, height=512)
    with worker_process(tmp_path, noise, GRACE_PERIOD="0") as process:
        wait_for_event(parts, "step")
        process.terminate()
        assert process.wait(30) == 0
    depth = parts.queue.depth()
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


def test_a_worker_does_not_outlive_its_parent(parts: Parts, noise: Path, tmp_path: Path):
    """With STOP_WITH_PARENT the worker ends when the pipe that its parent holds ends."""
    with worker_process(tmp_path, noise, STOP_WITH_PARENT="1") as process:
        wait_for_event(parts, "ready")
        process.stdin.close()
        process.stdin = None
        assert process.wait(30) == 0


def test_a_worker_for_one_task_waits_for_it(parts: Parts, noise: Path, tmp_path: Path):
    """EXIT_AFTER_ONE_TASK on an empty queue: the worker waits, does the one, and exits 0."""
    with worker_process(tmp_path, noise, EXIT_AFTER_ONE_TASK="1") as process:
        wait_for_event(parts, "ready")
        job = submit(parts)
        assert process.wait(60) == 0
    assert parts.store.exists(metadata_name(job.id))


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
        _, log = process.communicate(timeout=90)
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
