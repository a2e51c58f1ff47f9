"""How many jobs a worker leases beyond the batch that runs.

A job in a busy worker is one that an idle or starting worker cannot begin. So a further job is
leased only when the generator will run out of work within a moment.
"""

from collections import deque

from wire.queues.base import Delivery
from worker.stages.batcher import Batcher

LOOK_AHEAD_SECONDS = 0.5
"""The most work that is leased ahead, by the durations of earlier batches."""
_REFILL_AT = 0.5
"""Share of it at which further jobs are leased, several at once."""
MAX_LEASED_AT_ONCE = 32
_REMEMBERED_JOBS = 32
_FASTEST_SECONDS = 0.001


class LookAhead:
    """Limits the work that is leased ahead; assumes jobs like the largest of the recent ones."""

    def __init__(self, batcher: Batcher) -> None:
        self._batcher = batcher
        self._recent: deque[Delivery] = deque(maxlen=_REMEMBERED_JOBS)

    def note(self, deliveries: list[Delivery]) -> None:
        """Remember the jobs that were leased."""
        self._recent.extend(deliveries)

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until a further job may be leased; return whether it may."""
        return self._batcher.wait_for_room(LOOK_AHEAD_SECONDS * _REFILL_AT, timeout)

    def limit(self) -> int:
        """Return the number of jobs to lease now, at least 1."""
        seconds = self._batcher.seconds_per_picture
        if not self._recent or seconds is None:
            return 1
        free_seconds = max(0.0, LOOK_AHEAD_SECONDS - self._batcher.backlog_seconds)
        pictures = free_seconds / max(seconds, _FASTEST_SECONDS)
        largest = max(delivery.job.count for delivery in self._recent)
        return max(1, min(MAX_LEASED_AT_ONCE, int(pictures / largest)))
