"""The dashboard's own supervisor with real worker processes, of which some are killed."""

import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from core.settings import Settings
from dashboard.domain.inputs import Observer
from dashboard.domain.journal import Journal
from dashboard.fleet.supervisor import Supervisor
from dashboard.sampling.source import Source
from wire.backends import open_events, open_queue
from wire.events.base import Events

_COMMAND = (sys.executable, "-m", "tests.support.flat_worker")
_RECEIVE_TIMEOUT_SECONDS = 0.5


@contextmanager
def supervised(settings: Settings, observer: Observer) -> Iterator[Supervisor]:
    """Run the supervisor as the dashboard does; ``observer`` is called with each event."""
    journal = Journal(observer=observer)
    with closing(open_queue(settings)) as queue, closing(open_events(settings)) as events:
        supervisor = Supervisor(settings, queue, journal, command=_COMMAND)
        source = Source("the events", lambda: _receive(events, journal), every=0)
        source.start()
        supervisor.start()
        try:
            yield supervisor
        finally:
            supervisor.stop()
            source.stop()


def kill_worker(supervisor: Supervisor, chance: random.Random) -> bool:
    """Kill a worker, which may work, wait or load its model; return False if there is none."""
    status = supervisor.status()
    children = [worker.child for worker in status.workers if worker.child] if status else []
    running = [child.popen.pid for child in children if child.popen.poll() is None]
    if running:
        os.kill(chance.choice(running), signal.SIGKILL)
    return bool(running)


def _receive(events: Events, journal: Journal) -> None:
    for event in events.receive(_RECEIVE_TIMEOUT_SECONDS):
        journal.record(event)
