"""What a worker works with, put together once by whoever starts it."""

import os
import socket
from dataclasses import dataclass

from core.settings import Settings
from wire.events.base import Events
from wire.messages.event import Event, Kind
from wire.messages.job import Job
from wire.queues.base import Queue
from wire.stores.base import Store
from worker.generator import Generator
from worker.shutdown import ShutdownSignal


@dataclass(frozen=True)
class WorkerContext:
    """Queue, events, store and generator, with the settings that they are used by."""

    queue: Queue
    events: Events
    store: Store
    generator: Generator
    settings: Settings
    shutdown: ShutdownSignal

    @property
    def name(self) -> str:
        """The name that events and metadata give this worker."""
        return worker_name(self.settings)

    @property
    def batch_size(self) -> int:
        """Pictures painted in one call, at most."""
        return self.settings.batch_size or self.generator.model.batch_size

    def emit(self, kind: Kind, about: Job, **fields: object) -> None:
        """Send an event about a job."""
        self.events.publish(Event(kind=kind, worker=self.name, job_id=about.id, **fields))


def worker_name(settings: Settings) -> str:
    """Return the name that was set, the pod's, or one made of host and process."""
    return settings.worker_name or settings.pod_name or f"{socket.gethostname()}-{os.getpid()}"
