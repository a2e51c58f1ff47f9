"""Where a job's time went, as a bar of stages; its words are those of the legend."""

from collections.abc import Iterable, Sequence
from html import escape
from statistics import median

from dashboard.components.common import tables
from dashboard.components.common.tables import Column, Row
from dashboard.insights.waterfall import Span, Stage
from dashboard.presentation import formatting

NAMES: dict[Stage, str] = {
    "line": "in line",
    "node": "waiting for a node",
    "start": "image and start",
    "model": "loading the model",
    "again": "earlier attempts",
    "generating": "generating",
    "storing": "storing",
    "worker": "with its worker",
    "unknown": "unknown",
}
_LEGEND: tuple[Stage, ...] = ("line", "node", "start", "model", "generating", "storing", "unknown")
_LONG = 4
"""Times the median of a list, beyond which a bar is cut: one long wait must not flatten all."""


def scale(lists: Iterable[Sequence[Span]]) -> float:
    """Choose the seconds that the longest bars of a list stand for."""
    lengths = [total(spans) for spans in lists if spans]
    return min(max(lengths), _LONG * median(lengths)) if lengths else 0.0


def total(spans: Sequence[Span]) -> float:
    """Sum up the seconds of some spans."""
    return sum(span.seconds for span in spans)


def bar(spans: Sequence[Span], longest: float) -> str:
    """Write a bar; its whole width stands for ``longest`` seconds."""
    if not spans or not longest:
        return ""
    share = total(spans) / longest
    said = escape(
        ", ".join(f"{NAMES[s.stage]} {formatting.short_duration(s.seconds)}" for s in spans)
    )
    parts = "".join(f"<i class='{s.stage}' style='flex-grow: {s.seconds:.3f}'></i>" for s in spans)
    cut = " long" if share > 1.001 else ""
    width = f"{min(1.0, share):.1%}"
    return (
        f"<span class='time-bar{cut}' role='img' aria-label='{said}' title='{said}'"
        f" style='width: {width}'>{parts}</span>"
    )


def legend() -> str:
    """Write what the colours mean."""
    parts = (f"<span><i class='{stage}'></i>{NAMES[stage]}</span>" for stage in _LEGEND)
    return f"<div class='time-legend'>{''.join(parts)}</div>"


def table(spans: Sequence[Span]) -> str:
    """Write each stage with its seconds."""
    columns = (Column("Where the time went"), Column("", "right"))
    rows = (
        Row(
            f"{number}",
            (
                f"<span class='time-legend'><span><i class='{span.stage}'></i></span></span>"
                f"{NAMES[span.stage]}",
                formatting.short_duration(span.seconds),
            ),
        )
        for number, span in enumerate(spans)
    )
    return tables.table(columns, rows, "stages")
