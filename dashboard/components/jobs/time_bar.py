"""Where a job's time went, as a bar of stages; its words are those of the legend."""

from collections.abc import Iterable, Sequence
from html import escape
from statistics import median

from dashboard.components.common import tables
from dashboard.components.common.tables import Column, Row
from dashboard.insights.waterfall import Stage, Stretch
from dashboard.presentation import formatting

NAMES: dict[Stage, str] = {
    "line": "in line",
    "node": "waiting for a node",
    "start": "image and start",
    "model": "loading the model",
    "again": "earlier attempts",
    "painting": "painting",
    "storing": "storing",
    "worker": "with its worker",
    "unknown": "unknown",
}
_LEGEND: tuple[Stage, ...] = ("line", "node", "start", "model", "painting", "storing", "unknown")
_LONG = 4
"""Times the median of a list, beyond which a bar is cut: one long wait must not flatten all."""


def scale(lists: Iterable[Sequence[Stretch]]) -> float:
    """Choose the seconds that the longest bars of a list stand for."""
    lengths = [total(stretches) for stretches in lists if stretches]
    return min(max(lengths), _LONG * median(lengths)) if lengths else 0.0


def total(stretches: Sequence[Stretch]) -> float:
    """Sum up the seconds of some stretches."""
    return sum(stretch.seconds for stretch in stretches)


def bar(stretches: Sequence[Stretch], longest: float) -> str:
    """Write a bar; its whole width stands for ``longest`` seconds."""
    if not stretches or not longest:
        return ""
    share = total(stretches) / longest
    said = escape(
        ", ".join(f"{NAMES[s.stage]} {formatting.short_duration(s.seconds)}" for s in stretches)
    )
    parts = "".join(
        f"<i class='{s.stage}' style='flex-grow: {s.seconds:.3f}'></i>" for s in stretches
    )
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


def table(stretches: Sequence[Stretch]) -> str:
    """Write each stage with its seconds."""
    columns = (Column("Where the time went"), Column("", "right"))
    rows = (
        Row(
            f"{number}",
            (
                f"<span class='time-legend'><span><i class='{stretch.stage}'></i></span></span>"
                f"{NAMES[stretch.stage]}",
                formatting.short_duration(stretch.seconds),
            ),
        )
        for number, stretch in enumerate(stretches)
    )
    return tables.table(columns, rows, "stages")
