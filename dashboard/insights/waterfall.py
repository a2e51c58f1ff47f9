"""Where a job's time went, stage by stage: only what was measured; the rest is unknown."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from dashboard.domain.jobs import FINISHED, JobView

Stage = Literal[
    "line",  # on the queue, while workers were busy or none was wanted yet
    "node",  # its worker had no place on a node
    "start",  # its worker's image was pulled and its process started
    "model",  # its worker loaded its model
    "again",  # with earlier workers, and in line between them
    "generating",
    "storing",
    "worker",  # with the worker: nobody told how much of it was painting
    "unknown",
]

_LEAST = 0.005
"""Seconds; what is shorter is left out, unless the whole job was that short."""


@dataclass(frozen=True)
class Span:
    """One stage of a job's life."""

    stage: Stage
    start: float
    """Unix seconds."""
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


def waterfall(view: JobView, now: float) -> tuple[Span, ...]:
    """Divide a job's time into spans that follow each other, until its end or ``now``.

    Empty if it is not known when it began.
    """
    begun = view.received_at if view.submitted_at is None else view.submitted_at
    if begun is None:
        return ()
    end = max(begun, now if view.finished_at is None else view.finished_at)
    taken = view.received_at if view.state != "waiting" else None
    if taken is None:
        spans = [Span(_untaken(view), begun, end)]
    else:
        taken = min(max(taken, begun), end)
        spans = [*_wait(view, begun, taken), *_work(view, taken, end)]
    least = min(_LEAST, (end - begun) / 10)
    return tuple(span for span in spans if span.seconds > least)


def _untaken(view: JobView) -> Stage:
    if view.state in ("done", "failed"):
        return "unknown"  # nobody heard of the worker that finished it
    return "again" if view.attempt else "line"


def _wait(view: JobView, begun: float, taken: float) -> Iterator[Span]:
    """Divide the time before a worker took the job by how that worker had started."""
    if view.attempt > 1:
        yield Span("again", begun, taken)
        return
    at = begun
    for stage, start, end in _start_of_worker(view):
        start, end = max(start, at), min(end, taken)
        if end > start:
            yield Span("line", at, start)
            yield Span(stage, start, end)
            at = end
    yield Span("line", at, taken)


def _start_of_worker(view: JobView) -> Iterator[tuple[Stage, float, float]]:
    if view.start is None:
        return
    points = (
        ("node", view.start.pending_at),
        ("start", view.start.starting_at),
        ("model", view.start.loading_at),
        (None, view.start.ready_at),
    )
    known = [(stage, at) for stage, at in points if at is not None]
    for (stage, start), (_, end) in pairwise(known):
        yield stage, start, end


def _work(view: JobView, taken: float, end: float) -> Iterator[Span]:
    if view.state not in FINISHED:
        yield Span("generating", taken, end)
        return
    if view.timings is None:
        yield Span("worker", taken, end)
        return
    # Pictures are painted and stored in turn; here each is summed up.
    painted = min(end, taken + view.timings.painting)
    stored = min(end, painted + view.timings.storing)
    yield Span("generating", taken, painted)
    yield Span("storing", painted, stored)
    yield Span("unknown", stored, end)
