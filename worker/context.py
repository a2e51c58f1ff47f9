"""The dependencies of a worker, built once at its start."""

import os
import socket
from dataclasses import dataclass, field
from typing import Any

from core.settings import Settings
from wire.events.base import Events
from wire.messages.event import Event, Kind
from wire.messages.job import Job
from wire.queues.base import Queue
from wire.stores.base import Store
from worker.generator import Generator
from worker.health import Health
from worker.loading_time import LoadingTime
from worker.shutdown import ShutdownSignal


@dataclass(frozen=True)
class WorkerContext:
    """Queue, events, store, generator and settings of a worker."""

    queue: Queue
    events: Events
    store: Store
    generator: Generator
    settings: Settings
    shutdown: ShutdownSignal
    health: Health = field(default_factory=Health)
    loading: LoadingTime | None = None

    @property
    def name(self) -> str:
        """The worker's name in events and metadata."""
        return worker_name(self.settings)

    @property
    def batch_size(self) -> int:
        """The number of pictures per call of the pipeline, at first."""
        return self.settings.batch_size or self.generator.model.batch_size

    @property
    def max_batch_size(self) -> int:
        """The number to which it may grow; BATCH_SIZE fixes it."""
        model = self.generator.model
        return self.settings.batch_size or model.max_batch_size or model.batch_size

    def emit(self, kind: Kind, job: Job, /, **fields: Any) -> None:
        """Publish an event of a job."""
        self.events.publish(Event(kind=kind, worker=self.name, job_id=job.id, **fields))

    def emit_detail(self, job: Job, detail: str) -> None:
        """Publish a message about a job in progress."""
        self.events.publish(Event(kind="step", worker=self.name, job_id=job.id, detail=detail))


def worker_name(settings: Settings) -> str:
    """Return the configured name, the pod's name, or the host name with the process id."""
    return settings.worker_name or settings.pod_name or f"{socket.gethostname()}-{os.getpid()}"
