"""A job's time breakdown, as a bar of stages and as a table."""

from collections.abc import Iterable, Sequence
from functools import partial
from statistics import median

from markupsafe import Markup

from dashboard.components.common import tables
from dashboard.components.common.tables import Column, Row
from dashboard.insights.waterfall import Span, Stage
from dashboard.presentation import formatting
from dashboard.presentation.templates import render_macro

NAMES: dict[Stage, str] = {
    "queue": "in queue",
    "node": "waiting for a node",
    "start": "image pull and start",
    "model": "loading the model",
    "earlier": "earlier attempts",
    "generating": "generating",
    "encoding_text": "encoding the prompt",
    "denoising": "denoising",
    "decoding": "decoding",
    "copying": "copying from the device",
    "storing": "storing",
    "encoding_png": "encoding PNG files",
    "uploading": "uploading",
    "worker": "on the worker",
    "unknown": "unknown",
}
_LEGEND: tuple[Stage, ...] = ("queue", "node", "start", "model", "generating", "storing", "unknown")
_MAX_TIMES_MEDIAN = 4
"""Longer bars are cut off, so that one long wait does not flatten all others."""

_render = partial(render_macro, "components/jobs/jobs.html")


def scale(lists: Iterable[Sequence[Span]]) -> float:
    """Return the seconds that a bar of full width represents in a list of jobs."""
    lengths = [total_seconds(spans) for spans in lists if spans]
    return min(max(lengths), _MAX_TIMES_MEDIAN * median(lengths)) if lengths else 0.0


def total_seconds(spans: Sequence[Span]) -> float:
    """Return the sum of the spans' durations."""
    return sum(span.seconds for span in spans)


def bar(spans: Sequence[Span], full_width: float) -> Markup:
    """Render a bar; its whole width stands for ``full_width`` seconds."""
    if not spans or not full_width:
        return Markup()
    share = total_seconds(spans) / full_width
    stages = [(span.stage, span.seconds) for span in spans]
    label = ", ".join(f"{NAMES[s]} {formatting.short_duration(seconds)}" for s, seconds in stages)
    segments = [(stage, f"{seconds:.3f}") for stage, seconds in stages]
    return _render("time_bar", segments, label, f"{min(1.0, share):.1%}", share > 1.001)


def legend() -> Markup:
    """Render the meaning of the colours."""
    return _render("legend", [(stage, NAMES[stage]) for stage in _LEGEND])


def table(spans: Sequence[Span]) -> Markup:
    """Render each stage with its duration."""
    columns = (Column("Where the time went"), Column("", "right"))
    rows = (
        Row(
            str(number),
            (
                _render("stage", span.stage, NAMES[span.stage]),
                formatting.short_duration(span.seconds),
            ),
        )
        for number, span in enumerate(spans)
    )
    return tables.table(columns, rows, "stages")
