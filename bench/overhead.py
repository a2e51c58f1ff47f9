"""Overhead of a job without generation, from publish to stored, for both backends."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.blank_generator import BlankGenerator
from bench.report import Figure, show
from bench.servers import rabbitmq_and_minio
from core.settings import Settings
from wire.backends import open_events, open_queue, open_store
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import parse_metadata_name
from wire.queues.base import Queue
from wire.stores.base import Store
from worker.context import WorkerContext
from worker.shutdown import ShutdownSignal
from worker.stages.run import run

_REQUEST = JobRequest(prompt="cartoon dwarf", count=1)
_TIMEOUT_SECONDS = 60


@dataclass
class ObservedStore:
    """A store that records when each job's last object was written."""

    store: Store
    completed_at: list[float] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object, and record the time if it completes a job."""
        self.store.put(name, body, content_type)
        if parse_metadata_name(name):
            with self.changed:
                self.completed_at.append(time.monotonic())
                self.changed.notify_all()

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    def wait_for(self, count: int) -> None:
        """Wait until ``count`` jobs are complete."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.completed_at) >= count, _TIMEOUT_SECONDS):
                raise TimeoutError(
                    f"only {len(self.completed_at)} of {count} jobs were stored in time"
                )


def main(runs: int = 50, jobs: int = 200) -> None:
    """Measure SQLite with a folder, then RabbitMQ with MinIO."""
    with tempfile.TemporaryDirectory() as folder:
        local = Settings(_env_file=None, data_dir=Path(folder))
        _measure("SQLite and a folder", local, runs, jobs)
    with rabbitmq_and_minio() as remote:
        _measure("RabbitMQ and MinIO", remote, runs, jobs)


def _measure(title: str, settings: Settings, runs: int, jobs: int) -> None:
    with _running_worker(settings) as (queue, observed):
        _publish_and_wait(queue, observed, 1)  # opens the connections
        single = [_publish_and_wait(queue, observed, 1) * 1000 for _ in range(runs)]
        throughput = jobs / _publish_and_wait(queue, observed, jobs)
    figures = [
        Figure("one job, publish to stored", tuple(single), "ms"),
        Figure(f"{jobs} jobs, one worker", (throughput,), "jobs/s"),
    ]
    show(f"{title}: overhead without generation", figures)


def _publish_and_wait(queue: Queue, observed: ObservedStore, count: int) -> float:
    """Return the seconds from the first publish until the last job is stored."""
    before, started = len(observed.completed_at), time.monotonic()
    for _ in range(count):
        queue.publish(new_job(_REQUEST))
    observed.wait_for(before + count)
    return observed.completed_at[-1] - started


@contextmanager
def _running_worker(settings: Settings) -> Iterator[tuple[Queue, ObservedStore]]:
    observed, shutdown = ObservedStore(open_store(settings)), ShutdownSignal(settings.grace_period)
    with closing(open_queue(settings)) as queue, closing(open_events(settings)) as events:
        context = WorkerContext(queue, events, observed, BlankGenerator(), settings, shutdown)
        thread = _start_thread(lambda: run(context))
        yield queue, observed
        shutdown.request()
        thread.join()


def _start_thread(target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread
