"""A job's state and progress as text and numbers, for pages, phones and terminals."""

from collections.abc import Iterator

from dashboard.domain.fleet import FleetReading
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.insights import estimates
from dashboard.presentation import formatting
from wire.messages.picture import parse_picture_name

_SEGMENTS = 16
"""A job of more pictures shows one bar."""


def progress(view: JobView) -> list[float]:
    """Say how much of each picture is done, from 0 to 1."""
    shares = list(_shares(view))
    return shares if len(shares) <= _SEGMENTS else [sum(shares) / len(shares)]


def _shares(view: JobView) -> Iterator[float]:
    stored = {parsed.number for name in view.pictures if (parsed := parse_picture_name(name))}
    for number in range(view.job.count):
        if number in stored or view.state == "done":
            yield 1
        elif view.state == "generating" and number == view.picture and view.steps:
            yield view.step / view.steps
        else:
            yield 0


def describe_state(view: JobView, snapshot: Snapshot) -> str:
    """Say how a job is, in formatting."""
    return _DESCRIBE[view.state](view, snapshot)


def _describe_waiting(view: JobView, snapshot: Snapshot) -> str:
    place = estimates.queue_position(snapshot, view.job.id)
    line = f"{formatting.ordinal(place)} in line" if place else "in line"
    seconds = estimates.seconds_until_done(snapshot, view.job.id)
    if seconds is not None:
        return f"{line}, {formatting.approximate_duration(seconds)}"
    fleet = snapshot.fleet.value if snapshot.fleet else None
    if fleet and fleet.ready == 0:
        return f"{line}, {_worker_to_come(fleet)}"
    return f"{line}, {view.detail}" if view.detail else line


def _worker_to_come(fleet: FleetReading) -> str:
    coming = [worker.reason for worker in fleet.workers if worker.phase in ("starting", "pending")]
    return f"worker: {coming[0]}" if coming and coming[0] else "waiting for a worker"


def _describe_starting(view: JobView, _snapshot: Snapshot) -> str:
    if view.detail:
        return _describe_blocked(view)
    attempt = f", attempt {view.attempt}" if view.attempt > 1 else ""
    return f"with {view.worker or 'a worker'}, about to paint{attempt}"


def _describe_painting(view: JobView, _snapshot: Snapshot) -> str:
    if view.detail:
        return _describe_blocked(view)
    step = f", step {view.step} of {view.steps}" if view.step and view.steps else ""
    where = f" on {view.worker}" if view.worker else ""
    return f"painting{step}{where}"


def _describe_blocked(view: JobView) -> str:
    return f"held up: {view.detail}"


def _describe_done(view: JobView, _snapshot: Snapshot) -> str:
    if view.finished_at is None:
        return "done"
    parts = []
    if view.received_at is not None:
        parts.append(
            f"{formatting.short_duration(view.finished_at - view.received_at)} of painting"
        )
    if view.submitted_at is not None:
        parts.append(f"{formatting.short_duration(view.finished_at - view.submitted_at)} in all")
    return f"done: {', '.join(parts)}" if parts else "done"


def _describe_failed(view: JobView, _snapshot: Snapshot) -> str:
    return f"failed: {view.detail}" if view.detail else "failed"


def _describe_cancelled(view: JobView, _snapshot: Snapshot) -> str:
    return "cancelled; pictures painted before were kept" if view.pictures else "cancelled"


_DESCRIBE = {
    "waiting": _describe_waiting,
    "starting": _describe_starting,
    "generating": _describe_painting,
    "done": _describe_done,
    "failed": _describe_failed,
    "cancelled": _describe_cancelled,
}
