"""Faults that a presenter injected, and what became of the jobs that they could have lost.

A job is lost if it is neither finished nor on the queue. Finished jobs are known from events and
from the store, jobs on the queue from the queue's own counts, never from this process's memory
alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from dashboard.domain.jobs import FINISHED, JobView, State, is_cancelled_on_queue
from wire.messages.event import Event, FaultTarget
from wire.queues.base import QueueDepth

MAX_FAULTS = 100
_WATCH_SECONDS = 600.0
"""Jobs that are submitted within this time after a fault are counted."""
_STATISTICS_DELAY_SECONDS = 11.0
"""How old RabbitMQ's counts may be (wire/queues/rabbitmq/management.py), and two clocks apart."""


@dataclass(frozen=True)
class Fault:
    """A fault that was injected."""

    at: float
    """Unix seconds."""
    target: FaultTarget
    text: str
    """What happened, such as ``worker-5 killed``."""
    job_id: str | None = None
    """The job that the target had."""


@dataclass(frozen=True)
class FaultHistory:
    """The newest faults, and the jobs that were unfinished then or were submitted since.

    A fault while an earlier one's jobs are all finished begins a new count.
    """

    faults: tuple[Fault, ...] = ()
    since: float = 0.0
    """Unix seconds of the fault with which the count began."""
    states: Mapping[str, State] = field(default_factory=dict)
    """The states of the counted jobs, by id."""

    @property
    def until(self) -> float:
        """Unix seconds until which submitted jobs are counted; 0 without a fault."""
        return self.faults[-1].at + _WATCH_SECONDS if self.faults else 0.0


def add_fault(history: FaultHistory, event: Event, unfinished: Iterable[JobView]) -> FaultHistory:
    """Add the fault of an event, or return the same history if it is known already."""
    fault = Fault(event.at, event.target or "worker", event.detail or "a fault", event.job_id)
    if fault in history.faults:
        return history
    faults = (*history.faults, fault)[-MAX_FAULTS:]
    if history.states and not all(state in FINISHED for state in history.states.values()):
        return replace(history, faults=faults)
    return FaultHistory(faults, fault.at, {view.job.id: view.state for view in unfinished})


def count_job(history: FaultHistory, view: JobView) -> FaultHistory:
    """Update the state of a job, if it is counted."""
    job_id = view.job.id
    if job_id not in history.states and not _belongs_to(history, view):
        return history
    if history.states.get(job_id) == view.state:
        return history
    return replace(history, states={**history.states, job_id: view.state})


def _belongs_to(history: FaultHistory, view: JobView) -> bool:
    """Return whether a job was submitted within the time that is counted."""
    # Ids that other clients choose may contain no time.
    at = view.received_at if view.submitted_at is None else view.submitted_at
    return bool(history.faults) and at is not None and history.since <= at <= history.until


@dataclass(frozen=True)
class FaultReport:
    """What became of the jobs since a fault."""

    since: float
    """Unix seconds."""
    requests: int
    finished: int
    failed: int
    """In the dead-letter queue, with their reasons."""
    cancelled: int
    waiting: int
    generating: int
    lost: int | None
    """None while it is unknown: the queue cannot be read, its counts are too old, or it holds jobs
    of which no event was received."""

    @property
    def open(self) -> int:
        """The number of jobs that are not finished."""
        return self.waiting + self.generating


def report(
    history: FaultHistory, depth: QueueDepth | None, read_at: float, jobs: Iterable[JobView]
) -> FaultReport | None:
    """Count the jobs since the fault; None without one.

    Args:
        history: the faults and the counted jobs.
        depth: the queue's counts; None while they are unknown.
        read_at: when they were read, Unix seconds.
        jobs: all jobs of which events were recorded.

    """
    if not history.faults:
        return None
    states = list(history.states.values())
    count = states.count
    waiting, generating = count("waiting"), count("starting") + count("generating")
    return FaultReport(
        since=history.since,
        requests=len(states),
        finished=count("done"),
        failed=count("failed"),
        cancelled=count("cancelled"),
        waiting=waiting,
        generating=generating,
        lost=_lost(waiting + generating, depth, read_at, jobs),
    )


def _lost(
    unfinished: int, depth: QueueDepth | None, read_at: float, jobs: Iterable[JobView]
) -> int | None:
    """Compare the jobs that should be on the queue with those that are."""
    if not unfinished:
        return 0
    if depth is None:
        return None
    views = tuple(jobs)
    expected = [view for view in views if _is_on_queue(view)]
    missing = len(expected) - depth.waiting - (depth.unacknowledged or 0)
    # A job that changed after the queue counted may be missing in its counts, or still be in them.
    counted_at = read_at - _STATISTICS_DELAY_SECONDS
    if missing <= 0:
        # Others than the known jobs are on the queue, in place of which known ones may be lost.
        unknown = -missing - sum(_changed_at(view) > counted_at for view in views)
        return None if unknown > 0 else 0
    recent = sum(_changed_at(view) > counted_at for view in expected)
    if depth.unacknowledged is None or recent >= missing:
        return None
    return min(unfinished, missing - recent)


def _is_on_queue(view: JobView) -> bool:
    return view.state not in FINISHED or is_cancelled_on_queue(view)


def _changed_at(view: JobView) -> float:
    times = (view.submitted_at, view.received_at, view.requeued_at, view.finished_at)
    return max(at or 0.0 for at in times)
