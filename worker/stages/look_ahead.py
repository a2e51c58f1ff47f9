"""How many jobs a worker leases beyond the batch that runs.

A job in a busy worker is one that an idle or starting worker cannot begin. So a further job is
leased only when the generator will run out of work within a moment.
"""

from collections import deque
from itertools import accumulate

from wire.queues.base import Delivery
from worker.stages.batcher import Batcher

LOOK_AHEAD_SECONDS = 0.5
"""The most work that is leased ahead, by the durations of earlier batches."""
_REFILL_AT = 0.5
"""Share of it at which further jobs are leased, several at once."""
MAX_LEASED_AT_ONCE = 16
_REMEMBERED_JOBS = 32
_FASTEST_SECONDS = 0.001


class LookAhead:
    """Limits the work that is leased ahead; assumes jobs like the largest of the recent ones."""

    def __init__(self, batcher: Batcher) -> None:
        self._batcher = batcher
        self._recent: deque[int] = deque(maxlen=_REMEMBERED_JOBS)
        """The number of pictures of each."""

    def note(self, deliveries: list[Delivery]) -> None:
        """Remember the jobs that were leased."""
        self._recent.extend(delivery.job.count for delivery in deliveries)

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until a further job may be leased; return whether it may."""
        return self._batcher.wait_for_room(LOOK_AHEAD_SECONDS * _REFILL_AT, timeout)

    def limit(self) -> int:
        """Return the number of jobs to lease now, at least 1."""
        if not self._recent:
            return 1
        free_seconds = max(0.0, LOOK_AHEAD_SECONDS - self._batcher.backlog_seconds)
        largest = max(self._recent)
        # The next batch begins within a moment, and is to be full.
        pictures = max(self._pictures_in(free_seconds), self._batcher.batch_limit)
        return max(1, min(MAX_LEASED_AT_ONCE, int(pictures / largest)))

    def to_requeue(self, deliveries: list[Delivery]) -> list[Delivery]:
        """Return those that follow more work than is leased ahead: jobs larger than expected."""
        before = accumulate((delivery.job.count for delivery in deliveries), initial=0)
        most = max(self._batcher.batch_limit - 1, self._pictures_in(LOOK_AHEAD_SECONDS))
        return [each for each, earlier in zip(deliveries, before, strict=False) if earlier > most]

    def _pictures_in(self, seconds: float) -> float:
        per_picture = self._batcher.seconds_per_picture
        return 0.0 if per_picture is None else seconds / max(per_picture, _FASTEST_SECONDS)
