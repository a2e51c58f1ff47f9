"""How long a worker was busy with each request, from the events of its jobs."""

from collections import defaultdict
from collections.abc import Iterable

from dashboard.domain.jobs import JobView


def busy_seconds(views: Iterable[JobView]) -> dict[str, float]:
    """Return the seconds of each finished job, by its id.

    A worker may hold several jobs at once, in a batch or one in advance: a second with two of them
    counts once, for the job that ended first.
    """
    spans: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for view in views:
        if view.state == "done" and view.worker and view.received_at and view.finished_at:
            spans[view.worker].append((view.finished_at, view.received_at, view.job.id))
    seconds: dict[str, float] = {}
    for found in spans.values():
        until = 0.0
        for finished, received, job_id in sorted(found):
            seconds[job_id] = max(0.0, finished - max(received, until))
            until = finished
    return seconds


def seconds_per_picture(views: Iterable[JobView]) -> tuple[float, int] | None:
    """Return the mean seconds of one picture, and of how many; None without a finished job."""
    known = list(views)
    busy = busy_seconds(known)
    pictures = sum(view.job.count for view in known if view.job.id in busy)
    total = sum(busy.values())
    return (total / pictures, pictures) if pictures and total > 0 else None
