"""How long things will take, judged by how long they took. None where nothing is known."""

from statistics import median

from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot

_JUDGED = 10
"""Finished jobs that an estimate looks back at."""


def seconds_per_picture(snapshot: Snapshot) -> float | None:
    """Take the median of the newest finished jobs, on one worker."""
    paces = [_pace(view) for view in snapshot.jobs if view.state == "done"]
    known = [pace for pace in paces if pace is not None][:_JUDGED]
    return median(known) if known else None


def _pace(view: JobView) -> float | None:
    if view.received_at is None or view.finished_at is None:
        return None
    return (view.finished_at - view.received_at) / view.job.count


def line(snapshot: Snapshot) -> list[JobView]:
    """List the jobs that wait, the first in line first."""
    return [view for view in reversed(snapshot.jobs) if view.state == "waiting"]


def place_in_line(snapshot: Snapshot, job_id: str) -> int | None:
    """Say which place in line a waiting job has, from 1."""
    ids = [view.job.id for view in line(snapshot)]
    return ids.index(job_id) + 1 if job_id in ids else None


def until_painted(snapshot: Snapshot, job_id: str) -> float | None:
    """Estimate the seconds until a waiting job is done."""
    place = place_in_line(snapshot, job_id)
    return _until(snapshot, line(snapshot)[:place]) if place else None


def until_line_is_empty(snapshot: Snapshot) -> float | None:
    """Estimate the seconds until the last job in line is done."""
    return _until(snapshot, line(snapshot))


def _until(snapshot: Snapshot, ahead: list[JobView]) -> float | None:
    pace = seconds_per_picture(snapshot)
    workers = snapshot.fleet.value.ready if snapshot.fleet and snapshot.fleet.value else None
    if pace is None or not workers or not ahead:
        return None
    painting = [view for view in snapshot.jobs if view.state in ("starting", "generating")]
    pictures = sum(view.job.count for view in ahead)
    pictures += sum(view.job.count - len(view.pictures) for view in painting)
    return pictures * pace / workers


def pictures_in_last_minute(snapshot: Snapshot) -> int:
    """Count the pictures stored during the minute before the snapshot."""
    newest = (s for s in reversed(snapshot.samples) if s.at > snapshot.at - 60)
    return sum(sample.pictures or 0 for sample in newest)
