"""The life of each job as the dashboard knows it: a fold over events."""

from dataclasses import dataclass, replace
from typing import Literal

from dashboard.domain.worker_starts import WorkerStart
from wire.messages.event import Event, Kind
from wire.messages.job import Job, submitted_at
from wire.messages.picture import Timings

State = Literal["waiting", "starting", "generating", "done", "failed", "cancelled"]
FINISHED: frozenset[State] = frozenset({"done", "failed", "cancelled"})
_RETRY = ("accepted", "received")
_STILL_HEARD: dict[State, tuple[Kind, ...]] = {
    # The store may tell first that a job is done, and its worker then how long it took.
    "done": (*_RETRY, "done"),
    "failed": _RETRY,
    # A worker takes a cancelled job only to drop it; but it may have been quicker.
    "cancelled": ("accepted", "stored", "done"),
}
"""The events that change a finished job."""


@dataclass(frozen=True)
class JobView:
    """One job, as a person wants to see it."""

    job: Job
    state: State
    submitted_at: float | None
    received_at: float | None = None
    finished_at: float | None = None
    worker: str | None = None
    pictures: tuple[str, ...] = ()
    """Names of the objects stored so far, in order."""
    picture: int = 0
    """The number of the picture in progress, from 0."""
    step: int = 0
    steps: int = 0
    detail: str | None = None
    """Why it failed or was given back, or what holds it up."""
    attempt: int = 0
    start: WorkerStart | None = None
    """How the worker that took it had started."""
    timings: Timings | None = None
    """What its worker measured, once it is done."""


def waiting(job: Job) -> JobView:
    """Start the life of a job that the queue accepted."""
    return JobView(job=job, state="waiting", submitted_at=submitted_at(job.id))


def follow(view: JobView, event: Event) -> JobView:
    """Advance a job by one event; few events change a finished job."""
    if event.kind not in _STILL_HEARD.get(view.state, _CHANGES):
        return view
    return _CHANGES[event.kind](view, event)


def _accepted(view: JobView, event: Event) -> JobView:
    # A sender's event may arrive after a quick worker's; only a later one is a retry.
    retried = view.finished_at is not None and event.at > view.finished_at
    return waiting(view.job) if retried else view


def _received(view: JobView, event: Event) -> JobView:
    return replace(
        view,
        state="starting",
        received_at=event.at,
        worker=event.worker,
        attempt=view.attempt + 1,
        finished_at=None,
        detail=None,
        step=0,
        steps=0,
    )


def _step(view: JobView, event: Event) -> JobView:
    if event.step is None:
        # No step forward: the worker says what it waits for, such as a store that is away.
        return replace(view, state="generating", worker=event.worker, detail=event.detail)
    return replace(
        view,
        state="generating",
        worker=event.worker,
        picture=event.picture or 0,
        step=event.step,
        steps=event.steps or 0,
        detail=None,
    )


def _stored(view: JobView, event: Event) -> JobView:
    if event.name is None or event.name in view.pictures:
        return view
    pictures = (*view.pictures, event.name)
    state = view.state if view.state in FINISHED else "generating"
    return replace(view, state=state, pictures=pictures, step=0, detail=None)


def _returned(view: JobView, event: Event) -> JobView:
    return replace(view, state="waiting", worker=None, detail=event.detail, step=0)


def _finished(state: State):
    def change(view: JobView, event: Event) -> JobView:
        return replace(
            view,
            state=state,
            finished_at=event.at,
            detail=event.detail,
            timings=event.timings or view.timings,
        )

    return change


_CHANGES = {
    "accepted": _accepted,
    "received": _received,
    "step": _step,
    "stored": _stored,
    "returned": _returned,
    "done": _finished("done"),
    "failed": _finished("failed"),
    "cancelled": _finished("cancelled"),
}
