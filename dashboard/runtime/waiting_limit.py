"""The maximum of waiting jobs, whoever submits them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.call_lock import CallLock
from core.errors import QueueFull
from dashboard.presentation.formatting import pluralize


class WaitingLimit:
    """Refuses jobs while ``maximum`` wait; exact for the jobs of this process. Thread-safe.

    Other dashboards and AMQP clients may publish between the count and the job.
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._lock = CallLock()
        self._publishing = 0
        """Jobs that were admitted and that the count may lack."""

    def require_room(self, count_waiting: Callable[[], int], jobs: int) -> None:
        """Raise QueueFull unless this number of jobs may be published now."""
        with self._lock:
            waiting = count_waiting() + self._publishing
        if waiting + jobs > self._maximum:
            takes = pluralize(self._maximum, "waiting job")
            raise QueueFull(
                f"The queue takes {takes} (MAX_WAITING_JOBS), and {waiting} wait: there is no room "
                f"for {jobs} more. Nothing was sent; please send fewer, or send them again later."
            )

    @contextmanager
    def admit(self, count_waiting: Callable[[], int]) -> Iterator[None]:
        """Publish one job in the block, and have it counted by its end; raises QueueFull."""
        with self._lock:
            if count_waiting() + self._publishing >= self._maximum:
                raise QueueFull(_sentence(self._maximum))
            self._publishing += 1
        try:
            yield
        finally:
            with self._lock:
                self._publishing -= 1


def _sentence(maximum: int) -> str:
    return (
        f"The queue is full: it takes {pluralize(maximum, 'waiting job')} (MAX_WAITING_JOBS). "
        "The job was not sent; please send it again once some are generated or cancelled."
    )
