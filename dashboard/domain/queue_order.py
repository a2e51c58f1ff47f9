"""The order in which waiting jobs are generated, as derived from events."""

from collections import Counter
from collections.abc import Sequence

from dashboard.domain.jobs import JobView


def in_order(jobs: Sequence[JobView], now: float) -> list[JobView]:
    """Return the jobs that wait for a worker, the next one first; ``jobs`` are newest first.

    Submitters take turns, each with the oldest of their jobs, after the jobs that were moved to the
    front. Jobs whose retry is later than ``now`` are left out.
    """
    turns: Counter[str | None] = Counter()
    ordered: list[tuple[float, int, JobView]] = []
    for view in reversed(jobs):
        if view.state == "waiting" and not (view.retry_at and view.retry_at > now):
            turns[view.job.submitter] += 1
            ordered.append((-(view.prioritized_at or 0.0), turns[view.job.submitter], view))
    return [view for *_, view in sorted(ordered, key=lambda place: place[:2])]
