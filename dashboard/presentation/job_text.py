"""Format a job's state and progress for pages, phones and terminals."""

import math
from collections.abc import Iterator

from dashboard.domain.fleet import FleetReading
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.insights import estimates
from dashboard.presentation import formatting
from wire.messages.object_names import parse_picture_name

_MAX_BARS = 16
"""A job of more pictures gets one bar for all of them."""


WITHHELD = "Withheld by the safety checker"
PROMPT_NOT_READ = "prompt not read yet"
"""In place of the prompt of a picture whose metadata the gallery has not read."""


def count_pictures(view: JobView) -> str:
    """Format how many pictures are stored, of how many: ``3 of 4, 1 withheld``."""
    stored = f"{len(view.pictures)} of {view.job.count}"
    return f"{stored}, {len(view.withheld)} withheld" if view.withheld else stored


def progress(view: JobView) -> list[float]:
    """Return the progress of each picture from 0 to 1, or of the whole job if it has many."""
    shares = list(_shares(view))
    return shares if len(shares) <= _MAX_BARS else [sum(shares) / len(shares)]


def _shares(view: JobView) -> Iterator[float]:
    stored = {parsed.number for name in view.pictures if (parsed := parse_picture_name(name))}
    for number in range(view.job.count):
        if number in stored or number in view.withheld or view.state == "done":
            yield 1
        elif view.state == "generating" and number == view.picture and view.steps:
            yield view.step / view.steps
        else:
            yield 0


def describe_state(view: JobView, snapshot: Snapshot) -> str:
    """Describe a job's state with what is known of it: ``2nd in queue, ~40 s``."""
    return _DESCRIBE[view.state](view, snapshot)


def _describe_waiting(view: JobView, snapshot: Snapshot) -> str:
    if view.retry_at and view.retry_at > snapshot.at:
        return _describe_retry(view, view.retry_at - snapshot.at)
    if snapshot.counts and snapshot.counts.paused:
        return "in queue, which is paused"
    position = estimates.queue_position(snapshot, view.job.id)
    text = f"{formatting.ordinal(position)} in queue" if position else "in queue"
    seconds = estimates.seconds_until_done(snapshot, view.job.id)
    if seconds is not None:
        return f"{text}, {formatting.approximate_duration(seconds)}"
    fleet = snapshot.fleet.value if snapshot.fleet else None
    if fleet and fleet.ready == 0:
        return f"{text}, {_describe_next_worker(fleet)}"
    return f"{text}, {view.detail}" if view.detail else text


def _describe_retry(view: JobView, seconds: float) -> str:
    reason = f": {view.detail}" if view.detail else ""
    return f"retry in {formatting.duration(math.ceil(seconds))}{reason}"


def _describe_next_worker(fleet: FleetReading) -> str:
    coming = [worker.reason for worker in fleet.workers if worker.phase in ("starting", "pending")]
    return f"worker: {coming[0]}" if coming and coming[0] else "waiting for a worker"


def _describe_starting(view: JobView, _snapshot: Snapshot) -> str:
    if view.detail:
        return f"waiting: {view.detail}"
    attempt = f", attempt {view.attempt}" if view.attempt > 1 else ""
    return f"starting on {view.worker or 'a worker'}{attempt}"


def _describe_generating(view: JobView, _snapshot: Snapshot) -> str:
    if view.detail:
        return f"waiting: {view.detail}"
    step = f", step {view.step} of {view.steps}" if view.step and view.steps else ""
    worker = f" on {view.worker}" if view.worker else ""
    return f"generating{step}{worker}"


def _describe_done(view: JobView, _snapshot: Snapshot) -> str:
    if view.withheld and not view.pictures:
        return WITHHELD.lower()
    if view.finished_at is None:
        return "done"
    text = "done"
    if view.submitted_at is not None:
        text += f" in {formatting.short_duration(view.finished_at - view.submitted_at)}"
    if view.received_at is not None:
        text += f", {formatting.short_duration(view.finished_at - view.received_at)} generating"
    return text


def _describe_failed(view: JobView, _snapshot: Snapshot) -> str:
    return f"failed: {view.detail}" if view.detail else "failed"


def _describe_cancelled(view: JobView, _snapshot: Snapshot) -> str:
    return "cancelled; finished pictures were kept" if view.pictures else "cancelled"


_DESCRIBE = {
    "waiting": _describe_waiting,
    "starting": _describe_starting,
    "generating": _describe_generating,
    "done": _describe_done,
    "failed": _describe_failed,
    "cancelled": _describe_cancelled,
}
