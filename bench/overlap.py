"""The share of a generator's own speed that reaches the store, on RabbitMQ and MinIO.

One worker, in a process of its own. The generator sleeps, so that the rest of the worker has the
processors for itself, as beside a GPU.
"""

import multiprocessing
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.queues import SimpleQueue

from bench.grain_generator import GrainGenerator
from bench.report import Figure, show
from bench.servers import minio_server, rabbitmq_server
from core.settings import Settings
from wire.backends import open_events, open_queue, open_store
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import parse_metadata_name
from wire.stores.base import Store
from worker.context import WorkerContext
from worker.shutdown import ShutdownSignal
from worker.stages.run import run

_REQUEST = JobRequest(prompt="cartoon dwarf", count=1)
_WARM_UP = 50
"""Jobs that are not measured: connections are opened and speeds are learned."""


def main(jobs: int = 600, runs: int = 3) -> None:
    """Measure 5 ms a picture, nothing generated, and 10 ms a picture."""
    with rabbitmq_server() as rabbitmq, minio_server() as minio:
        settings = minio.settings(
            rabbitmq_url=rabbitmq.amqp_url("%2F"), rabbitmq_management_url=rabbitmq.management_url
        )
        rates = {ms: _measure(settings, ms / 1000, jobs, runs) for ms in (5, 0, 10)}
    figures = [Figure(f"{ms} ms a picture", rates[ms], "pictures/s") for ms in rates]
    show("512 x 512 pixels with grain, queue to store, one worker", figures)
    for ms, rate in (("5 ms", figures[0].median / 200), ("10 ms", figures[2].median / 100)):
        print(f"{ms} a picture: {rate:.1%} of the generator's own speed")
    median = figures[2].median
    print(f"overlap: {median:.1f} pictures/s, {median:.1f} %")


def _measure(
    settings: Settings, seconds_per_picture: float, jobs: int, runs: int
) -> tuple[float, ...]:
    return tuple(_run(settings, seconds_per_picture, jobs) for _ in range(runs))


def _run(settings: Settings, seconds_per_picture: float, jobs: int) -> float:
    """Return the pictures per second of a worker that finds the jobs on the queue."""
    with closing(open_queue(settings)) as queue:
        for _ in range(jobs):
            queue.publish(new_job(_REQUEST))
    spawning = multiprocessing.get_context("spawn")
    result: SimpleQueue[float] = spawning.SimpleQueue()
    arguments = (settings, seconds_per_picture, jobs, result)
    process = spawning.Process(target=_work, args=arguments)
    process.start()
    process.join()
    return result.get()


def _work(
    settings: Settings, seconds_per_picture: float, jobs: int, result: "SimpleQueue[float]"
) -> None:
    shutdown = ShutdownSignal(settings.grace_period)
    store = CompletionStore(open_store(settings), jobs, shutdown.request)
    generator = GrainGenerator(seconds_per_picture)
    with closing(open_queue(settings)) as queue, closing(open_events(settings)) as events:
        run(WorkerContext(queue, events, store, generator, settings, shutdown))
    first, last = store.completed_at[_WARM_UP - 1], store.completed_at[-1]
    result.put((jobs - _WARM_UP) / (last - first))


@dataclass
class CompletionStore:
    """A store that records when each job was complete, and reports the last one."""

    store: Store
    jobs: int
    on_last: Callable[[], None]
    completed_at: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object, and record the time if it completes a job."""
        self.store.put(name, body, content_type)
        if parse_metadata_name(name):
            with self.lock:
                self.completed_at.append(time.monotonic())
                if len(self.completed_at) == self.jobs:
                    self.on_last()

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)
