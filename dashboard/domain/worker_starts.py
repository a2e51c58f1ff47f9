"""When a worker's start reached which stage: told by the fleet, and by the worker itself."""

from dataclasses import dataclass, replace

from dashboard.domain.fleet import Worker
from dashboard.domain.workers import WorkerView

_BEFORE = ("pending", "starting")


@dataclass(frozen=True)
class WorkerStart:
    """Unix seconds at which each stage began; None where nobody told."""

    pending_at: float | None = None
    """It began to wait for a place on a node."""
    starting_at: float | None = None
    """It had its place: the image is pulled, the process starts."""
    loading_at: float | None = None
    """It began to load its model."""
    ready_at: float | None = None
    """It had its model."""
    over: bool = False
    """Whether a fleet saw it beyond its start; what follows is another one of its name."""


def follow_start(start: WorkerStart | None, worker: Worker) -> WorkerStart:
    """Advance by one look of the fleet at a worker."""
    if worker.phase not in _BEFORE:
        return replace(start, over=True) if start else WorkerStart(over=True)
    if start is None or start.over:
        start = WorkerStart()
    field = f"{worker.phase}_at"
    # A phase is entered once; its "since" may be renewed while it goes on.
    return start if getattr(start, field) else replace(start, **{field: worker.since})


def whole_start(seen: WorkerStart | None, heard: WorkerView | None) -> WorkerStart | None:
    """Put together what a fleet saw of a worker's start and what it said itself."""
    if seen is None and heard is None:
        return None
    seen = seen or WorkerStart()
    if heard is None:
        return seen
    return replace(seen, loading_at=heard.loading_at, ready_at=heard.ready_at)
