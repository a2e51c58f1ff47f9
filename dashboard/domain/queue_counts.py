"""How many jobs wait and how many are generated, from the broker's counts and the events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.domain.jobs import JobView, is_cancelled_on_queue
from wire.queues.base import QueueDepth

_CLOCK_TOLERANCE_SECONDS = 1.0
"""How far the clocks of two machines may differ, and how long a count takes to arrive."""
_STATISTICS_INTERVAL_SECONDS = 5.0
"""How old RabbitMQ's count of unacknowledged messages may be: it collects statistics this often."""


@dataclass(frozen=True)
class QueueCounts:
    """The numbers of jobs that every page shows."""

    waiting: int
    """Jobs on the queue, without those that were cancelled there."""
    generating: int | None
    """Jobs that a worker has received; None where the broker does not count them."""
    deferred: int = 0
    """Those of the waiting jobs that wait for something else than a worker."""
    paused: bool = False
    """Whether the queue is paused."""

    @property
    def ready(self) -> int:
        """The number of waiting jobs that scalers count."""
        return max(0, self.waiting - self.deferred)


def count_jobs(
    depth: QueueDepth | None, read_at: float, jobs: Sequence[JobView]
) -> QueueCounts | None:
    """Derive one number of waiting and one of generating jobs; None while the depth is unknown.

    Events arrive within milliseconds, the broker's counts are up to seconds old, but the broker
    also counts jobs without events: those of other clients, or after a lost event. So each
    state is counted in two parts:

    1. Jobs that changed after the broker counted: by their newest event.
    2. All other jobs: by the broker, less the jobs of part 1 that its count may include, and
       less the jobs that were cancelled on the queue. At least as many as the events report,
       if the broker's count allows so many.

    Args:
        depth: the broker's counts.
        read_at: when they were read, Unix seconds.
        jobs: all jobs of which events were recorded.

    """
    if depth is None:
        return None
    since = read_at - _CLOCK_TOLERANCE_SECONDS
    statistics_since = since - _STATISTICS_INTERVAL_SECONDS
    jobs = [view for view in jobs if not _ended_before(view, statistics_since)]
    waiting = _count(depth.waiting, since, jobs, _is_waiting, _was_waiting)
    generating = None
    if depth.unacknowledged is not None:
        generating = _count(
            depth.unacknowledged, statistics_since, jobs, _is_generating, _was_generating
        )
    return QueueCounts(waiting, generating, min(depth.deferred, waiting), depth.paused)


def _ended_before(view: JobView, since: float) -> bool:
    return view.state in ("done", "failed") and (view.finished_at or 0.0) <= since


def _count(
    broker_count: int,
    since: float,
    jobs: Sequence[JobView],
    is_in_state: Callable[[JobView], bool],
    was_in_state: Callable[[JobView, float], bool],
) -> int:
    changed = [view for view in jobs if _changed_at(view) > since]
    changed_in_state = sum(is_in_state(view) for view in changed)
    unchanged_in_state = sum(is_in_state(view) for view in jobs) - changed_in_state
    excluded = sum(was_in_state(view, since) for view in jobs) - unchanged_in_state
    others = max(broker_count - excluded, min(unchanged_in_state, broker_count))
    return changed_in_state + others


def _changed_at(view: JobView) -> float:
    return max(
        view.submitted_at or 0.0,
        view.received_at or 0.0,
        view.requeued_at or 0.0,
        view.finished_at or 0.0,
    )


def _is_waiting(view: JobView) -> bool:
    return view.state == "waiting"


def _is_generating(view: JobView) -> bool:
    return view.state in ("starting", "generating")


def _was_waiting(view: JobView, since: float) -> bool:
    """Return whether the queue may have contained a job's message after ``since``."""
    if _is_waiting(view) or is_cancelled_on_queue(view):
        return True
    never_received = view.received_at is None or _is_requeued(view)
    left_at = view.finished_at if never_received else view.received_at
    return left_at is not None and left_at > since


def _was_generating(view: JobView, since: float) -> bool:
    """Return whether a worker may have had a job's message after ``since``."""
    if _is_generating(view):
        return True
    left_at = view.requeued_at if _is_requeued(view) else view.finished_at
    return view.received_at is not None and left_at is not None and left_at > since


def _is_requeued(view: JobView) -> bool:
    """Return whether a job returned to the queue after its newest attempt."""
    received_at = view.received_at or 0.0
    return view.requeued_at is not None and view.requeued_at >= received_at
