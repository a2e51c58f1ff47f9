"""Workers and their starts, folded from events and from readings of the fleet."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from dashboard.domain.fleet import Phase, Worker
from wire.messages.event import Event, Kind


@dataclass(frozen=True)
class WorkerView:
    """One worker as its own events describe it."""

    name: str
    phase: Phase
    reason: str
    since: float
    """Unix seconds at which this phase began."""
    last_event_at: float
    """Unix seconds of its newest event."""
    jobs: tuple[str, ...] = ()
    """Ids of the jobs that it has received and not finished; more than one in a batch."""
    loading_at: float | None = None
    """Unix seconds at which it began to load its model."""
    ready_at: float | None = None
    """Unix seconds at which its model was loaded."""


def to_worker(view: WorkerView) -> Worker:
    """Convert a view to a worker of the fleet. Events do not contain the node."""
    job_id = view.jobs[0] if view.jobs else None
    return Worker(view.name, view.phase, view.reason, view.since, job_id=job_id)


def apply_worker_event(view: WorkerView | None, event: Event) -> WorkerView | None:
    """Return the worker after an event; None if it stopped, or if no worker sent the event."""
    if event.worker is None or event.kind == "stopped":
        return None
    if view is None:
        view = WorkerView(event.worker, "idle", "waits for a job", event.at, event.at)
    view = replace(view, last_event_at=event.at)
    change = _CHANGES.get(event.kind)
    return change(view, event) if change else view


def apply_newer_events(
    workers: Iterable[Worker], read_at: float, views: Mapping[str, WorkerView]
) -> tuple[Worker, ...]:
    """Return the workers that the fleet reported at ``read_at`` as their later events have them.

    Only idle and generating workers change: the cluster reports more about the others.
    """
    return tuple(_newest(worker, read_at, views.get(worker.name)) for worker in workers)


def _newest(worker: Worker, read_at: float, view: WorkerView | None) -> Worker:
    if view is None or view.last_event_at <= read_at:
        return worker
    if {worker.phase, view.phase} - {"idle", "generating"}:
        return worker
    return replace(to_worker(view), node=worker.node)


def _enter_phase(view: WorkerView, phase: Phase, reason: str, at: float) -> WorkerView:
    since = view.since if view.phase == phase else at
    return replace(view, phase=phase, reason=reason, since=since)


def _loading(view: WorkerView, event: Event) -> WorkerView:
    view = replace(view, loading_at=event.at, ready_at=None)
    return _enter_phase(view, "starting", "loading the model", event.at)


def _ready(view: WorkerView, event: Event) -> WorkerView:
    return _idle_without_jobs(replace(view, ready_at=event.at), event)


def _idle_without_jobs(view: WorkerView, event: Event) -> WorkerView:
    return view if view.jobs else _enter_phase(view, "idle", "waits for a job", event.at)


def _received(view: WorkerView, event: Event) -> WorkerView:
    jobs = tuple(dict.fromkeys((*view.jobs, event.job_id or "")))
    return _enter_phase(replace(view, jobs=jobs), "generating", "begins a job", event.at)


def _step(view: WorkerView, event: Event) -> WorkerView:
    step = f"step {event.step} of {event.steps}" if event.step else event.detail
    return _enter_phase(view, "generating", step or "generating", event.at)


def _stored(view: WorkerView, event: Event) -> WorkerView:
    reason = f"stored picture {(event.picture or 0) + 1}"
    return _enter_phase(view, "generating", reason, event.at)


def _withheld(view: WorkerView, event: Event) -> WorkerView:
    reason = f"withheld picture {(event.picture or 0) + 1}"
    return _enter_phase(view, "generating", reason, event.at)


def _job_ended(view: WorkerView, event: Event) -> WorkerView:
    jobs = tuple(job_id for job_id in view.jobs if job_id != event.job_id)
    return _idle_without_jobs(replace(view, jobs=jobs), event)


_CHANGES: Mapping[Kind, Callable[[WorkerView, Event], WorkerView]] = {
    "loading": _loading,
    "ready": _ready,
    "received": _received,
    "step": _step,
    "stored": _stored,
    "withheld": _withheld,
    "done": _job_ended,
    "failed": _job_ended,
    "returned": _job_ended,
    "cancelled": _job_ended,
}


@dataclass(frozen=True)
class WorkerStart:
    """Unix seconds at which each stage of a worker's start began; None where unknown."""

    pending_at: float | None = None
    """It began to wait for a node."""
    starting_at: float | None = None
    """It was placed on a node: its image is pulled, its process starts."""
    loading_at: float | None = None
    """It began to load its model."""
    ready_at: float | None = None
    """Its model was loaded."""
    over: bool = False
    """Whether the fleet reported a later phase; the next start belongs to a new worker."""


def apply_worker_reading(start: WorkerStart | None, worker: Worker) -> WorkerStart:
    """Return a worker's start after a reading of the fleet."""
    if worker.phase not in ("pending", "starting"):
        return replace(start or WorkerStart(), over=True)
    if start is None or start.over:
        start = WorkerStart()
    # Only the first reading of a phase counts: `since` may be renewed while the phase lasts.
    if worker.phase == "pending":
        return replace(start, pending_at=start.pending_at or worker.since)
    return replace(start, starting_at=start.starting_at or worker.since)


def complete_start(start: WorkerStart | None, view: WorkerView | None) -> WorkerStart | None:
    """Combine the fleet's readings of a start with the worker's own events."""
    if view is None:
        return start
    return replace(start or WorkerStart(), loading_at=view.loading_at, ready_at=view.ready_at)
