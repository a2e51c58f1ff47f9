"""Jobs, folded from events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from dashboard.domain.workers import WorkerStart
from wire.messages.event import Event, Kind
from wire.messages.job import Job, submitted_at
from wire.messages.metadata import Timings

State = Literal["waiting", "starting", "generating", "done", "failed", "cancelled"]
FINISHED: frozenset[State] = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True)
class PicturePreview:
    """The newest preview of a picture that is being generated."""

    picture: int
    """The picture's number, from 0."""
    file: bytes
    """See wire.messages.preview."""


@dataclass(frozen=True)
class JobView:
    """One job as its events describe it."""

    job: Job
    state: State
    submitted_at: float | None
    """Unix seconds, as all times here."""
    received_at: float | None = None
    """When the newest attempt began."""
    requeued_at: float | None = None
    """When it was last put on the queue again, after an attempt or for a retry."""
    retry_at: float | None = None
    """When it is delivered again after a failed attempt; None if it waits for a worker only."""
    prioritized_at: float | None = None
    """When it was moved to the front of the queue."""
    removed: bool = False
    """Whether it was cancelled by removing it from the queue."""
    finished_at: float | None = None
    worker: str | None = None
    pictures: tuple[str, ...] = ()
    """Names of the objects stored so far, in order."""
    withheld: tuple[int, ...] = ()
    """Numbers of the pictures that the safety checker rejected."""
    picture: int = 0
    """The number of the picture in progress, from 0."""
    step: int = 0
    steps: int = 0
    preview: PicturePreview | None = None
    """None unless the job is being generated."""
    detail: str | None = None
    """Why it failed, was returned to the queue, or does not progress."""
    attempt: int = 0
    start: WorkerStart | None = None
    """How the worker that received it had started."""
    timings: Timings | None = None
    """The worker's measurements, once the job is done."""


def initial_view(job: Job) -> JobView:
    """Return the view of a job that the queue has accepted."""
    return JobView(job=job, state="waiting", submitted_at=submitted_at(job.id))


def is_cancelled_on_queue(view: JobView) -> bool:
    """Return whether a job was cancelled, and no worker has dropped its message yet."""
    return view.state == "cancelled" and view.worker is None and not view.removed


def apply_event(view: JobView, event: Event) -> JobView:
    """Return the job after an event; a finished job ignores most events."""
    accepted = _ACCEPTED_WHEN_FINISHED.get(view.state)
    if accepted is not None and event.kind not in accepted:
        return view
    change = _CHANGES.get(event.kind)
    return change(view, event) if change else view


def _accepted(view: JobView, event: Event) -> JobView:
    # A client's event may arrive after those of a quick worker; only a later one is a retry.
    retried = view.finished_at is not None and event.at > view.finished_at
    return replace(initial_view(view.job), requeued_at=event.at) if retried else view


def _received(view: JobView, event: Event) -> JobView:
    return replace(
        view,
        state="starting",
        received_at=event.at,
        worker=event.worker,
        attempt=view.attempt + 1,
        retry_at=None,
        prioritized_at=None,
        finished_at=None,
        detail=None,
        step=0,
        steps=0,
        preview=None,
    )


def _step(view: JobView, event: Event) -> JobView:
    if event.step is None:
        # No progress: the detail is what the worker waits for, such as an unreachable store.
        return replace(view, state="generating", worker=event.worker, detail=event.detail)
    return replace(
        view,
        state="generating",
        worker=event.worker,
        picture=event.picture or 0,
        step=event.step,
        steps=event.steps or 0,
        preview=_newer_preview(view, event),
        detail=None,
    )


def _newer_preview(view: JobView, event: Event) -> PicturePreview | None:
    """Return the event's preview, or that of an earlier step, also of another picture."""
    if event.preview is None:
        return view.preview
    return PicturePreview(event.picture or 0, event.preview)


def _without_preview(view: JobView, event: Event) -> PicturePreview | None:
    """Return the preview unless it is of the event's picture, which is finished."""
    return None if view.preview and view.preview.picture == event.picture else view.preview


def _stored(view: JobView, event: Event) -> JobView:
    if event.name is None or event.name in view.pictures:
        return view
    pictures = (*view.pictures, event.name)
    state = view.state if view.state in FINISHED else "generating"
    preview = _without_preview(view, event)
    return replace(view, state=state, pictures=pictures, step=0, preview=preview, detail=None)


def _withheld(view: JobView, event: Event) -> JobView:
    if event.picture is None or event.picture in view.withheld:
        return view
    state = view.state if view.state in FINISHED else "generating"
    withheld = tuple(sorted((*view.withheld, event.picture)))
    preview = _without_preview(view, event)
    return replace(view, state=state, withheld=withheld, step=0, preview=preview, detail=None)


def _returned(view: JobView, event: Event) -> JobView:
    return replace(
        view,
        state="waiting",
        worker=None,
        detail=event.detail,
        step=0,
        preview=None,
        requeued_at=event.at,
        retry_at=event.retry_at,
    )


def _cancelled(view: JobView, event: Event) -> JobView:
    if view.state == "cancelled":  # the worker that received it has dropped it
        removed = view.removed or bool(event.removed)
        return replace(view, worker=event.worker or view.worker, removed=removed)
    return replace(_finished(view, event, "cancelled"), removed=bool(event.removed))


def _prioritized(view: JobView, event: Event) -> JobView:
    return replace(view, prioritized_at=event.at, retry_at=None)


def _finished(view: JobView, event: Event, state: State) -> JobView:
    return replace(
        view,
        state=state,
        finished_at=event.at,
        detail=event.detail,
        preview=None,
        timings=event.timings or view.timings,
    )


_CHANGES: Mapping[Kind, Callable[[JobView, Event], JobView]] = {
    "accepted": _accepted,
    "received": _received,
    "step": _step,
    "stored": _stored,
    "withheld": _withheld,
    "returned": _returned,
    "done": lambda view, event: _finished(view, event, "done"),
    "failed": lambda view, event: _finished(view, event, "failed"),
    "cancelled": _cancelled,
    "prioritized": _prioritized,
}
_RETRY: tuple[Kind, ...] = ("accepted", "received")
_ACCEPTED_WHEN_FINISHED: Mapping[State, tuple[Kind, ...]] = {
    # The store may report a job as done before its worker reports the timings.
    "done": (*_RETRY, "done"),
    "failed": _RETRY,
    # A worker receives a cancelled job only to drop it, but may have finished it before.
    "cancelled": ("accepted", "stored", "withheld", "done", "cancelled"),
}
"""The events that change a finished job, by its state."""
