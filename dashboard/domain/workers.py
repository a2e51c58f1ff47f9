"""What the events say about each worker: a fold, as for the jobs."""

from dataclasses import dataclass, replace

from dashboard.domain.fleet import Phase, Worker
from wire.messages.event import Event


@dataclass(frozen=True)
class WorkerView:
    """One worker, as its own events describe it."""

    name: str
    phase: Phase
    reason: str
    since: float
    """Unix seconds at which this phase began."""
    last_event_at: float
    """Unix seconds of its newest event."""
    jobs: tuple[str, ...] = ()
    """Ids of the jobs that it holds; it may take several at once."""
    loading_at: float | None = None
    """Unix seconds at which it began to load its model."""
    ready_at: float | None = None
    """Unix seconds at which it had its model."""


def worker_of(view: WorkerView) -> Worker:
    """Tell a worker as its own events do; where it runs, they do not say."""
    job_id = view.jobs[0] if view.jobs else None
    return Worker(view.name, view.phase, view.reason, view.since, job_id=job_id)


def follow_worker(view: WorkerView | None, event: Event) -> WorkerView | None:
    """Advance a worker by one event; None once it has stopped, or if it was never heard of."""
    if event.worker is None or event.kind == "stopped":
        return None
    new = WorkerView(event.worker, "idle", "waits for a job", event.at, event.at)
    before = replace(view, last_event_at=event.at) if view else new
    change = _CHANGES.get(event.kind)
    return change(before, event) if change else before


def _phase(view: WorkerView, phase: Phase, reason: str, at: float) -> WorkerView:
    return replace(
        view, phase=phase, reason=reason, since=view.since if view.phase == phase else at
    )


def _loading(view: WorkerView, event: Event) -> WorkerView:
    loading = replace(view, loading_at=event.at, ready_at=None)
    return _phase(loading, "starting", "loading the model", event.at)


def _ready(view: WorkerView, event: Event) -> WorkerView:
    return _free(replace(view, ready_at=event.at), event)


def _free(view: WorkerView, event: Event) -> WorkerView:
    return view if view.jobs else _phase(view, "idle", "waits for a job", event.at)


def _received(view: WorkerView, event: Event) -> WorkerView:
    jobs = tuple(dict.fromkeys((*view.jobs, event.job_id or "")))
    return _phase(replace(view, jobs=jobs), "generating", "begins a job", event.at)


def _step(view: WorkerView, event: Event) -> WorkerView:
    step = f"step {event.step} of {event.steps}" if event.step else event.detail
    return _phase(view, "generating", step or "paints", event.at)


def _stored(view: WorkerView, event: Event) -> WorkerView:
    return _phase(view, "generating", f"stored picture {(event.picture or 0) + 1}", event.at)


def _left(view: WorkerView, event: Event) -> WorkerView:
    jobs = tuple(job for job in view.jobs if job != event.job_id)
    return _free(replace(view, jobs=jobs), event)


_CHANGES = {
    "loading": _loading,
    "ready": _ready,
    "received": _received,
    "step": _step,
    "stored": _stored,
    "done": _left,
    "failed": _left,
    "returned": _left,
    "cancelled": _left,
}
