"""The dashboard's own supervisor with real worker processes, of which some are killed."""

import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from core.settings import Settings
from dashboard.domain.inputs import Observer
from dashboard.domain.journal import Journal
from dashboard.fleet.reconciliation import latest_from
from dashboard.fleet.supervisor import Supervisor
from dashboard.fleet.worker_processes import WorkerProcess
from dashboard.sampling.source import Source
from wire.backends import open_events, open_queue
from wire.events.base import Events

_COMMAND = (sys.executable, "-m", "tests.support.flat_worker")
_RECEIVE_TIMEOUT_SECONDS = 0.5


@dataclass(frozen=True)
class Fleet:
    """Workers that a supervisor starts, and starts again when they were killed."""

    supervisor: Supervisor
    journal: Journal

    def ready_processes(self) -> list[int]:
        """Return the process ids of the workers that can have a job."""
        status = self.supervisor.status()
        return [
            worker.child.popen.pid
            for worker in (status.workers if status else ())
            if worker.child and worker.child.popen.poll() is None and self._is_ready(worker)
        ]

    def kill(self, chance: random.Random) -> bool:
        """Kill a worker; return False if none can have a job."""
        processes = self.ready_processes()
        if processes:
            os.kill(chance.choice(processes), signal.SIGKILL)
        return bool(processes)

    def _is_ready(self, worker: WorkerProcess) -> bool:
        view = latest_from(worker, self.journal.workers())
        return bool(view and view.ready_at)


@contextmanager
def supervised(settings: Settings, observer: Observer) -> Iterator[Fleet]:
    """Run the supervisor as the dashboard does; ``observer`` is called with each event."""
    journal = Journal(observer=observer)
    with closing(open_queue(settings)) as queue, closing(open_events(settings)) as events:
        supervisor = Supervisor(settings, queue, journal, command=_COMMAND)
        source = Source("the events", lambda: _receive(events, journal), every=0)
        source.start()
        supervisor.start()
        try:
            yield Fleet(supervisor, journal)
        finally:
            supervisor.stop()
            source.stop()


def _receive(events: Events, journal: Journal) -> None:
    for event in events.receive(_RECEIVE_TIMEOUT_SECONDS):
        journal.record(event)
