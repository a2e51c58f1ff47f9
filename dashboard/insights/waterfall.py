"""A job's time breakdown. Only measured times are attributed; the rest is unknown."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from dashboard.domain.jobs import FINISHED, JobView
from wire.messages.metadata import Timings

Stage = Literal[
    "queue",  # on the queue, while workers were busy or none was wanted yet
    "node",  # its worker waited for a node
    "start",  # its worker's image was pulled and its process started
    "model",  # its worker loaded its model
    "earlier",  # with earlier workers, and on the queue between them
    "generating",
    "encoding_text",  # a part of generating, like the next three
    "denoising",
    "decoding",
    "copying",
    "storing",
    "encoding_png",  # a part of storing, like the next
    "uploading",
    "worker",  # with the worker, which did not report its timings
    "unknown",
]

_GENERATING: tuple[Stage, ...] = ("encoding_text", "denoising", "decoding", "copying")
_STORING: tuple[Stage, ...] = ("encoding_png", "uploading")
"""The parts, by the names of ``Timings``."""
_MIN_SPAN_SECONDS = 0.005
"""Shorter spans are left out, unless the whole job was that short."""


@dataclass(frozen=True)
class Span:
    """The time that a job spent in one stage."""

    stage: Stage
    start: float
    """Unix seconds."""
    end: float

    @property
    def seconds(self) -> float:
        """The span's duration."""
        return self.end - self.start


def waterfall(view: JobView, now: float) -> tuple[Span, ...]:
    """Divide a job's time into consecutive spans, until its end or ``now``.

    Returns an empty tuple if the job's start is unknown.
    """
    start = view.received_at if view.submitted_at is None else view.submitted_at
    if start is None:
        return ()
    end = max(start, now if view.finished_at is None else view.finished_at)
    received = view.received_at if view.state != "waiting" else None
    if received is None:
        spans = [Span(_stage_without_worker(view), start, end)]
    else:
        received = min(max(received, start), end)
        spans = [*_queue_spans(view, start, received), *_worker_spans(view, received, end)]
    shortest = min(_MIN_SPAN_SECONDS, (end - start) / 10)
    return tuple(span for span in spans if span.seconds > shortest)


def _stage_without_worker(view: JobView) -> Stage:
    if view.state in ("done", "failed"):
        return "unknown"  # no event of the worker that finished it was received
    return "earlier" if view.attempt else "queue"


def _queue_spans(view: JobView, start: float, received: float) -> Iterator[Span]:
    """Divide the time before a worker received the job by the stages of that worker's start."""
    if view.attempt > 1:
        yield Span("earlier", start, received)
        return
    at = start
    for span in _worker_start_spans(view):
        span_start, span_end = max(span.start, at), min(span.end, received)
        if span_end > span_start:
            yield Span("queue", at, span_start)
            yield Span(span.stage, span_start, span_end)
            at = span_end
    yield Span("queue", at, received)


def _worker_start_spans(view: JobView) -> Iterator[Span]:
    if view.start is None:
        return
    times: tuple[tuple[Stage, float | None], ...] = (
        ("node", view.start.pending_at),
        ("start", view.start.starting_at),
        ("model", view.start.loading_at),
        ("queue", view.start.ready_at),
    )
    known = [(stage, at) for stage, at in times if at is not None]
    for (stage, start), (_, end) in pairwise(known):
        yield Span(stage, start, end)


def _worker_spans(view: JobView, received: float, end: float) -> Iterator[Span]:
    if view.state not in FINISHED:
        yield Span("generating", received, end)
        return
    if view.timings is None:
        yield Span("worker", received, end)
        return
    # Pictures are stored while others are generated; the bar shows the sums, as far as they fit.
    generated = min(end, received + view.timings.painting)
    stored = min(end, generated + view.timings.storing)
    yield from _divide(Span("generating", received, generated), view.timings, _GENERATING)
    yield from _divide(Span("storing", generated, stored), view.timings, _STORING)
    yield Span("unknown", stored, end)


def _divide(whole: Span, timings: Timings, parts: tuple[Stage, ...]) -> Iterator[Span]:
    """Divide a span into its measured parts, as far as they fit; the rest keeps its name."""
    start = whole.start
    for part in parts:
        end = min(whole.end, start + (getattr(timings, part) or 0.0))
        yield Span(part, start, end)
        start = end
    yield Span(whole.stage, start, whole.end)
