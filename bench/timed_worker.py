"""A worker in a process of its own, which reports when each of a number of jobs was stored."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event

from bench.grain_generator import GrainGenerator
from core.settings import Settings
from wire.backends import open_events, open_queue, open_store
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import parse_metadata_name
from wire.stores.base import Store
from worker.context import WorkerContext
from worker.shutdown import ShutdownSignal
from worker.stages.run import run

REQUEST = JobRequest(prompt="cartoon dwarf", count=1)
WARM_UP = 50
"""Jobs that are not measured: connections are opened and speeds are learned."""

Completions = dict[str, float]
"""Job ids, in the order in which the jobs were stored, and when: seconds of the monotonic clock,
which all processes of a machine share."""


@dataclass(frozen=True)
class TimedWorker:
    """A running worker, which ends after a number of jobs."""

    warm: Event
    """Set when ``WARM_UP`` jobs are stored."""
    completions: Callable[[], Completions]
    """Waits until all jobs are stored."""


@contextmanager
def timed_worker(
    settings: Settings, seconds_per_picture: float, jobs: int
) -> Iterator[TimedWorker]:
    """Run a worker that ends after ``jobs`` jobs."""
    spawning = multiprocessing.get_context("spawn")
    warm = spawning.Event()
    result: SimpleQueue[Completions] = spawning.SimpleQueue()
    arguments = (settings, seconds_per_picture, jobs, warm, result)
    process = spawning.Process(target=_work, args=arguments)
    process.start()
    try:
        yield TimedWorker(warm, result.get)
    finally:
        process.join()


def pictures_per_second(settings: Settings, seconds_per_picture: float, jobs: int) -> float:
    """Publish jobs of one picture, then measure a worker that finds them all on the queue."""
    with closing(open_queue(settings)) as queue:
        for _ in range(jobs):
            queue.publish(new_job(REQUEST))
    with timed_worker(settings, seconds_per_picture, jobs) as worker:
        completed_at = list(worker.completions().values())
    return (jobs - WARM_UP) / (completed_at[-1] - completed_at[WARM_UP - 1])


def _work(
    settings: Settings,
    seconds_per_picture: float,
    jobs: int,
    warm: Event,
    result: "SimpleQueue[Completions]",
) -> None:
    shutdown = ShutdownSignal(settings.grace_period)
    actions = {WARM_UP: warm.set, jobs: shutdown.request}
    store = CompletionStore(open_store(settings), actions)
    generator = GrainGenerator(seconds_per_picture)
    with closing(open_queue(settings)) as queue, closing(open_events(settings)) as events:
        run(WorkerContext(queue, events, store, generator, settings, shutdown))
    result.put(store.completions)


@dataclass
class CompletionStore:
    """A store that records when each job was complete."""

    store: Store
    actions: Mapping[int, Callable[[], None]]
    """What is called when so many jobs are complete."""
    completions: Completions = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object, and record the time if it completes a job."""
        self.store.put(name, body, content_type)
        if job_id := parse_metadata_name(name):
            with self.lock:
                self.completions[job_id] = time.monotonic()
                if action := self.actions.get(len(self.completions)):
                    action()

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)
