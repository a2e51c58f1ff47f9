"""Run a worker on the jobs that are ready, and no others."""

from dataclasses import dataclass, replace

from wire.queues.base import Delivery, Queue
from worker.context import WorkerContext
from worker.shutdown import ShutdownSignal
from worker.stages.run import run


@dataclass
class ReadyJobs:
    """Delivers all ready jobs at once; requests shutdown when the worker waits for more."""

    queue: Queue
    shutdown: ShutdownSignal
    delivered: bool = False

    def receive(self, limit: int, timeout: float) -> list[Delivery]:  # noqa: ARG002
        """Receive all jobs, once."""
        if not self.delivered:
            self.delivered = True
            return self.queue.receive(10, timeout)
        if timeout > 0:
            self.shutdown.request()
        return []

    def __getattr__(self, name: str) -> object:
        return getattr(self.queue, name)


def process_ready_jobs(context: WorkerContext) -> None:
    """Run a worker that receives the ready jobs together, until they have left it."""
    shutdown = ShutdownSignal(60)
    run(replace(context, queue=ReadyJobs(context.queue, shutdown), shutdown=shutdown))
