"""The local fleet: the supervisor's processes, and what their events say of them."""

import logging
import platform
import time
from functools import cache

from core.errors import FleetError
from dashboard.domain.fleet import FleetReading, Node, Worker
from dashboard.domain.journal import Journal
from dashboard.domain.workers import WorkerView, to_worker
from dashboard.fleet.reconciliation import Report, latest_from
from dashboard.fleet.supervisor import Supervisor
from dashboard.fleet.worker_processes import WorkerProcess

_READY = ("idle", "generating")

_SLOW_LOOK = 5.0
"""Seconds that one look of the supervisor may take."""

_log = logging.getLogger(__name__)


class LocalFleet:
    """The fleet that this process's supervisor drives."""

    def __init__(self, supervisor: Supervisor, journal: Journal) -> None:
        self._supervisor = supervisor
        self._journal = journal

    def read(self) -> FleetReading:
        """Read the fleet now; raises FleetError while another process drives it."""
        report = self._supervisor.report()
        if report is None:
            raise FleetError("The supervisor has not looked at the queue yet.")
        if not report.in_charge:
            raise FleetError(report.error)
        silent = time.time() - report.at
        if silent > self._supervisor.interval + _SLOW_LOOK:
            raise FleetError(f"The supervisor has waited for the queue for {silent:.0f} s.")
        return reading_of(report, self._journal.workers(), gpu_nodes())


def reading_of(
    report: Report, heard: dict[str, WorkerView], gpus: tuple[Node, ...]
) -> FleetReading:
    """Put processes and what was heard of them together."""
    workers = tuple(_worker(worker, latest_from(worker, heard)) for worker in report.workers)
    return FleetReading(
        scaler=report.scaler,
        wanted=report.wanted,
        ready=sum(worker.phase in _READY for worker in workers),
        workers=workers,
        nodes=gpus or None,
        events=report.events,
    )


def _worker(worker: WorkerProcess, view: WorkerView | None) -> Worker:
    if worker.state == "failed":
        return Worker(worker.name, "failed", worker.reason, worker.since)
    if worker.state == "stopping":
        why = "finishes what it has" if view and view.jobs else "is about to end"
        return Worker(worker.name, "stopping", why, worker.since)
    if view is None:
        return Worker(worker.name, "starting", "loading libraries", worker.since)
    return to_worker(view)


@cache
def gpu_nodes() -> tuple[Node, ...]:
    """Describe this machine if it has NVIDIA GPUs; empty if it has none or cannot tell."""
    try:
        import pynvml

        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
        product = pynvml.nvmlDeviceGetName(pynvml.nvmlDeviceGetHandleByIndex(0)) if count else None
    except (ImportError, OSError):
        return ()
    except pynvml.NVMLError as error:
        _log.debug("No NVIDIA GPU can be asked: %s", error)
        return ()
    if not count:
        return ()
    return (Node(platform.node(), product, count, None, ready=True, since=time.time()),)
