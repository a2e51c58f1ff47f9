"""How long jobs waited in the queue before a worker received them."""

from collections.abc import Iterable, Sequence
from math import ceil

from dashboard.domain.jobs import JobView

WINDOW_SECONDS = 600.0
"""Jobs that were received within this time count."""


def recent_waits(jobs: Iterable[JobView], now: float) -> list[float]:
    """Return the seconds that each recently received job waited, shortest first."""
    return sorted(
        max(0.0, view.received_at - since)
        for view in jobs
        if view.received_at is not None
        and view.received_at > now - WINDOW_SECONDS
        and (since := _waits_since(view)) is not None
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of an ordered sequence does not exceed."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _waits_since(view: JobView) -> float | None:
    """Return when the newest attempt's wait began; None if unknown."""
    requeued = view.requeued_at
    is_of_this_attempt = (
        requeued is not None and view.received_at is not None and requeued <= view.received_at
    )
    return requeued if is_of_this_attempt else view.submitted_at
