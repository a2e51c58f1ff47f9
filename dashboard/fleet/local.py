"""The local fleet: the supervisor's processes, combined with the workers' events."""

import platform
import time
from functools import cache

from core.errors import FleetError, end_sentence
from dashboard.domain.fleet import FleetReading, Node, Worker
from dashboard.domain.journal import Journal
from dashboard.domain.workers import WorkerView, to_worker
from dashboard.fleet.gpus import list_gpus
from dashboard.fleet.reconciliation import SupervisorStatus, latest_from
from dashboard.fleet.supervisor import Supervisor
from dashboard.fleet.worker_processes import WorkerProcess

_MAX_POLL_SECONDS = 5.0
"""How long one poll of the supervisor may take."""


class LocalFleet:
    """The workers that this process's supervisor runs."""

    def __init__(self, supervisor: Supervisor, journal: Journal) -> None:
        self._supervisor = supervisor
        self._journal = journal

    def read(self) -> FleetReading:
        """Return the fleet's current state. Raises FleetError without a recent poll."""
        status = self._supervisor.status()
        if status is None:
            raise FleetError("The supervisor has not polled the queue yet.")
        if not status.has_lock:
            raise FleetError(status.error)
        elapsed = time.time() - status.at
        if elapsed > self._supervisor.interval + _MAX_POLL_SECONDS:
            raise FleetError(f"The supervisor has waited for the queue for {elapsed:.0f} s.")
        return make_reading(status, self._journal.workers(), gpu_nodes())


def make_reading(
    status: SupervisorStatus, views: dict[str, WorkerView], gpus: tuple[Node, ...]
) -> FleetReading:
    """Combine the worker processes with the views that their events give of them."""
    workers = tuple(_worker(worker, latest_from(worker, views)) for worker in status.workers)
    return FleetReading(
        scaler=status.scaler,
        wanted=status.wanted,
        ready=sum(worker.is_ready for worker in workers),
        workers=workers,
        nodes=gpus or None,
        events=status.events,
    )


def _worker(worker: WorkerProcess, view: WorkerView | None) -> Worker:
    if worker.state == "stopping":
        reason = "finishes its jobs" if view and view.jobs else "is about to end"
        return Worker(worker.name, "stopping", reason, worker.since)
    # The reason stays until a start succeeds: each start takes longer than the pause before it.
    is_ready = view is not None and view.ready_at is not None
    if worker.state == "failed" or (worker.failures and not is_ready):
        retry = f"It is started again (try {worker.failures + 1})."
        reason = f"{end_sentence(worker.reason)} {retry}"
        return Worker(worker.name, "failed", reason, worker.since)
    if view is None:
        return Worker(worker.name, "starting", "loading libraries", worker.since)
    return to_worker(view)


@cache
def gpu_nodes() -> tuple[Node, ...]:
    """Return this machine as a node if it has NVIDIA GPUs and their driver, else nothing."""
    gpus = list_gpus()
    if not gpus:
        return ()
    return (
        Node(
            name=platform.node(),
            product=gpus[0].product,
            slots=len(gpus),
            slots_used=None,
            ready=True,
            since=time.time(),
            gpus=len(gpus),
        ),
    )
