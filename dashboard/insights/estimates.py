"""Queue positions and estimated durations, from how long recent jobs took. None if unknown."""

from collections.abc import Sequence
from statistics import median

from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot

_MAX_RECENT_JOBS = 10


def seconds_per_picture(snapshot: Snapshot) -> float | None:
    """Return the median duration of one picture on one worker, of the newest finished jobs."""
    durations = [_seconds_per_picture(view) for view in snapshot.jobs if view.state == "done"]
    recent = [duration for duration in durations if duration is not None][:_MAX_RECENT_JOBS]
    return median(recent) if recent else None


def _seconds_per_picture(view: JobView) -> float | None:
    if view.received_at is None or view.finished_at is None:
        return None
    return (view.finished_at - view.received_at) / view.job.count


def queue_position(snapshot: Snapshot, job_id: str) -> int | None:
    """Return a waiting job's position in the queue, from 1; None if it does not wait."""
    ids = [view.job.id for view in snapshot.waiting]
    return ids.index(job_id) + 1 if job_id in ids else None


def seconds_until_done(snapshot: Snapshot, job_id: str) -> float | None:
    """Estimate the seconds until a waiting job is done."""
    position = queue_position(snapshot, job_id)
    return _seconds_until(snapshot, snapshot.waiting[:position]) if position else None


def seconds_until_queue_empty(snapshot: Snapshot) -> float | None:
    """Estimate the seconds until the last waiting job is done."""
    return _seconds_until(snapshot, snapshot.waiting)


def _seconds_until(snapshot: Snapshot, waiting: Sequence[JobView]) -> float | None:
    """Estimate the seconds until these jobs and all that are in progress are done."""
    seconds = seconds_per_picture(snapshot)
    workers = snapshot.fleet.value.ready if snapshot.fleet and snapshot.fleet.value else None
    if seconds is None or not workers or not waiting:
        return None
    in_progress = [view for view in snapshot.jobs if view.state in ("starting", "generating")]
    pictures = sum(view.job.count for view in waiting)
    pictures += sum(_remaining(view) for view in in_progress)
    return pictures * seconds / workers


def _remaining(view: JobView) -> int:
    return view.job.count - len(view.pictures) - len(view.withheld)


def pictures_in_last_minute(snapshot: Snapshot) -> int | None:
    """Return the number of pictures stored during the minute before the snapshot."""
    recent = (sample.pictures for sample in snapshot.samples if sample.at > snapshot.at - 60)
    known = [pictures for pictures in recent if pictures is not None]
    return sum(known) if known else None
