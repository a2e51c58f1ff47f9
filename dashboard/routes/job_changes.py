"""Await changes of jobs on the event loop, without a thread."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dashboard import runtime
from dashboard.domain.inputs import Input
from wire.messages.event import Event


class JobChanges:
    """The jobs with events since they were taken last; used on one event loop."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}
        self._any = asyncio.Event()

    def add(self, job_id: str) -> None:
        """Note an event of a job."""
        self._ids[job_id] = None
        self._any.set()

    def take(self) -> tuple[str, ...]:
        """Return the jobs, in the order of their first events, and remove them."""
        taken = tuple(self._ids)
        self._ids.clear()
        self._any.clear()
        return taken

    async def wait(self) -> None:
        """Return once there is a job to take."""
        await self._any.wait()


@contextmanager
def observed(job_id: str | None = None) -> Iterator[JobChanges]:
    """Collect the events of one job, or of all, for the block."""
    loop, changes = asyncio.get_running_loop(), JobChanges()
    observers = runtime.current().observers

    def note(received: Input) -> None:
        changed = _job_of(received)
        if changed is not None and job_id in (None, changed):
            with suppress(RuntimeError):  # the loop is closed: the process ends
                loop.call_soon_threadsafe(changes.add, changed)

    observers.attach(note)
    try:
        yield changes
    finally:
        observers.detach(note)


def _job_of(received: Input) -> str | None:
    if not isinstance(received, Event):
        return None
    return received.job.id if received.job else received.job_id
