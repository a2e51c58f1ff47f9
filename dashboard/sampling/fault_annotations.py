"""Annotations of injected faults, each with what became of the job that it hit."""

from collections.abc import Mapping, Sequence

from dashboard.domain.faults import Fault, FaultHistory
from dashboard.domain.jobs import JobView, State
from dashboard.domain.snapshot import Annotation
from wire.messages.event import FaultTarget

_LANES: Mapping[FaultTarget, str] = {
    "worker": "workers",
    "scaler": "workers",
    "node": "nodes",
    "queue": "requests",
}
_ANYWHERE = "requests"
"""The lane that every mode has."""
_OUTCOMES: Mapping[State, str] = {
    "waiting": ", its request waits again",
    "starting": ", its request began again",
    "generating": ", its request began again",
    "done": ", nothing lost",
    "failed": ", its request failed",
}


def annotate(
    annotations: Sequence[Annotation],
    history: FaultHistory,
    jobs: Sequence[JobView],
    lanes: Sequence[str],
) -> tuple[Annotation, ...]:
    """Add the annotations of faults to others, in order of time."""
    if not history.faults:
        return tuple(annotations)
    hit = {fault.job_id for fault in history.faults if fault.job_id}
    views = {view.job.id: view for view in jobs if view.job.id in hit}
    faults = (_annotation(fault, views.get(fault.job_id or ""), lanes) for fault in history.faults)
    return tuple(sorted((*annotations, *faults), key=lambda annotation: annotation.at))


def _annotation(fault: Fault, view: JobView | None, lanes: Sequence[str]) -> Annotation:
    lane = _LANES[fault.target]
    text = f"{fault.text}{_outcome(fault, view)}"
    return Annotation(fault.at, lane if lane in lanes else _ANYWHERE, text, is_fault=True)


def _outcome(fault: Fault, view: JobView | None) -> str:
    """Return what became of the job; nothing until the events show that it left the target."""
    if view is None:
        return ""
    times = (view.received_at, view.requeued_at, view.finished_at)
    has_changed = any(at is not None and at > fault.at for at in times)
    return _OUTCOMES.get(view.state, "") if has_changed else ""
