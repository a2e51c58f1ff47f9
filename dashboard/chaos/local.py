"""Faults of the workers that this dashboard's supervisor runs."""

from core.errors import FleetError
from dashboard.fleet.supervisor import Supervisor
from dashboard.fleet.worker_processes import kill


class LocalFaults:
    """Faults of a supervisor and its processes."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    def kill(self, worker: str) -> None:
        """Send SIGKILL to a worker's process. Raises FleetError."""
        status = self._supervisor.status()
        workers = status.workers if status else ()
        child = next((each.child for each in workers if each.name == worker), None)
        if child is None or child.popen.poll() is not None:
            raise FleetError(f"{worker} had ended already; nothing was killed.")
        kill(child.popen)

    def set_paused(self, paused: bool) -> None:
        """Pause or resume the supervisor's rule; a pause ends with the dashboard."""
        self._supervisor.paused = paused
