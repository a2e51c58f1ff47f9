"""What a job costs beside its painting: from publish to stored, on both pairs of backends."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.blank_generator import BlankGenerator
from bench.report import Figure, show
from bench.servers import minio_server, rabbitmq_server
from core.settings import Settings
from wire.backends import open_events, open_queue, open_store
from wire.messages.job import JobRequest, new_job
from wire.messages.picture import parse_metadata_name
from wire.queues.base import Queue
from wire.stores.base import Store
from worker.context import WorkerContext
from worker.loop import run
from worker.shutdown import ShutdownSignal

_REQUEST = JobRequest(prompt="cartoon dwarf", count=1)
_PATIENCE = 60


@dataclass
class Arrivals:
    """A store that notes when each job's last object was written."""

    store: Store
    at: list[float] = field(default_factory=list)
    one_more: threading.Condition = field(default_factory=threading.Condition)

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object, and note the time if it completes a job."""
        self.store.put(name, body, content_type)
        if parse_metadata_name(name):
            with self.one_more:
                self.at.append(time.monotonic())
                self.one_more.notify_all()

    def exists(self, name: str) -> bool:
        """Tell whether an object has that name."""
        return self.store.exists(name)

    def wait_for(self, count: int) -> None:
        """Return once that many jobs are complete."""
        with self.one_more:
            if not self.one_more.wait_for(lambda: len(self.at) >= count, _PATIENCE):
                raise TimeoutError(f"only {len(self.at)} of {count} jobs were stored in time")


def main(runs: int = 50, jobs: int = 200) -> None:
    """Measure SQLite with a folder, then RabbitMQ with MinIO."""
    with tempfile.TemporaryDirectory() as folder:
        local = Settings(_env_file=None, data_dir=Path(folder))
        _measure("SQLite and a folder", local, runs, jobs)
    with rabbitmq_server() as rabbitmq, minio_server() as minio:
        remote = minio.settings(
            rabbitmq_url=rabbitmq.amqp_url("%2F"), rabbitmq_management_url=rabbitmq.management_url
        )
        _measure("RabbitMQ and MinIO", remote, runs, jobs)


def _measure(title: str, settings: Settings, runs: int, jobs: int) -> None:
    with _worker(settings) as (queue, arrivals):
        _publish_and_wait(queue, arrivals, 1)  # connections are made, once
        alone = [_publish_and_wait(queue, arrivals, 1) * 1000 for _ in range(runs)]
        together = jobs / _publish_and_wait(queue, arrivals, jobs)
    figures = [
        Figure("one job, publish to stored", tuple(alone), "ms"),
        Figure(f"{jobs} jobs, one worker", (together,), "jobs/s"),
    ]
    show(f"{title}: overhead without painting", figures)


def _publish_and_wait(queue: Queue, arrivals: Arrivals, count: int) -> float:
    """Return the seconds from the first publish until the last job is stored."""
    before, begun = len(arrivals.at), time.monotonic()
    for _ in range(count):
        queue.publish(new_job(_REQUEST))
    arrivals.wait_for(before + count)
    return arrivals.at[-1] - begun


@contextmanager
def _worker(settings: Settings) -> Iterator[tuple[Queue, Arrivals]]:
    arrivals, shutdown = Arrivals(open_store(settings)), ShutdownSignal(settings.grace_period)
    with closing(open_queue(settings)) as queue, closing(open_events(settings)) as events:
        context = WorkerContext(queue, events, arrivals, BlankGenerator(), settings, shutdown)
        thread = _started(lambda: run(context))
        yield queue, arrivals
        shutdown.request()
        thread.join()


def _started(target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread
