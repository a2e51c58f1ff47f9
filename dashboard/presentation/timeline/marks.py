"""Text and shapes on the timeline: titles, newest values, annotations, unknown spans.

Text never covers a line: titles and captions are in each lane's headroom, the newest values
are right of the plot.
"""

from collections.abc import Iterable, Sequence

from dashboard.domain.snapshot import Annotation
from dashboard.presentation.timeline import fault_marks
from dashboard.presentation.timeline.lanes import Labels, Lane
from dashboard.presentation.timeline.layout import FONT, PLOT_HEIGHT, SMALL_FONT, LaneGeometry
from dashboard.presentation.timeline.series import Window

Mark = dict[str, object]
"""An annotation or a shape of a Plotly figure."""
Spans = Sequence[tuple[float, float]]

CAPTION = "caption"
"""The name of marks that narrow charts leave out, see live_plot.js."""

_PLOT_WIDTH = 880
"""Pixels, approximately; captions are spaced for it."""
_LETTER_WIDTH = 0.56
"""Average width of a letter, as a share of the font's size."""
_SAME_LINE = 10 / _PLOT_WIDTH
"""Annotations that are closer share one line."""
_INK, _MUTED, _CARD = "var(--ink)", "var(--muted)", "var(--card)"


def title(lane: Lane, geometry: LaneGeometry, window: Window) -> Mark:
    """Write a lane's title at its upper left, with its unit or the width of its bars."""
    return _text(f"<b>{lane.title}</b>{_unit(lane, window)}", FONT, _INK) | {
        "x": 0,
        "y": geometry.top,
        "yref": "paper",
        "xshift": 5,
        "yshift": 1,
        "yanchor": "top",
        "bgcolor": _CARD,
    }


def _unit(lane: Lane, window: Window) -> str:
    if lane.name == "gpus":
        return " in percent"
    return f" each {window.bar:.0f} s" if lane.name == "pictures" else ""


def _width(text: str, font: int) -> float:
    """Return the approximate width of a text with its margins, as a share of the plot's width."""
    return (len(text) * _LETTER_WIDTH * font + 10) / _PLOT_WIDTH


def newest(
    labels: Labels, geometry: LaneGeometry, color: str, plot_height: int = PLOT_HEIGHT
) -> list[Mark]:
    """Write a lane's newest values beside their lines; of equal values the first is lower."""
    if not labels:
        labels, color = [(0, "no reading")], _MUTED
    ordered = sorted(labels, key=lambda label: label[0])
    naturals = [geometry.pixels(value, plot_height) for value, _ in ordered]
    heights = _apart(naturals, (geometry.top - geometry.bottom) * plot_height)
    return [
        _text(text, FONT, color)
        | {"x": 1, "xshift": 7, "yref": geometry.axis, "y": value, "yanchor": "middle"}
        | {"yshift": height - natural}
        for (value, text), natural, height in zip(ordered, naturals, heights, strict=True)
    ]


def _apart(naturals: Iterable[float], lane_height: float) -> list[float]:
    """Move labels up where they would overlap or lie below the lane, then down into it."""
    half, line = FONT * 0.65, FONT * 1.3
    heights: list[float] = []
    for natural in naturals:
        heights.append(max(natural, heights[-1] + line if heights else half))
    highest = lane_height - half
    for index in reversed(range(len(heights))):
        heights[index] = min(heights[index], highest)
        highest = heights[index] - line
    return heights


def with_room(
    annotations: Iterable[Annotation], window: Window, lanes: Sequence[Lane]
) -> list[tuple[Annotation, bool]]:
    """Select the annotations whose captions fit; where captions overlap, the newest is kept.

    Returns:
        Pairs of an annotation and whether its caption is left of it, at the right edge.

    """
    selected = []
    titles = {lane.name: _width(lane.title + _unit(lane, window), FONT) for lane in lanes}
    taken = dict.fromkeys(titles, 1.0)
    for annotation in sorted(annotations, key=lambda annotation: -annotation.at):
        share = window.share(annotation.at)
        if annotation.lane not in taken or not titles[annotation.lane] < share <= 1:
            continue
        width = _width(annotation.text, SMALL_FONT)
        leftwards = taken[annotation.lane] == 1.0 and share + width > 1
        if not leftwards and share + width > taken[annotation.lane]:
            continue
        taken[annotation.lane] = share - width if leftwards else share
        selected.append((annotation, leftwards))
    return selected


def lines(annotations: Iterable[Annotation], window: Window) -> list[Mark]:
    """Draw a line across all lanes at each annotation; close neighbors share one."""
    marks = []
    last = -1.0
    for annotation in sorted(annotations, key=lambda annotation: annotation.at):
        share = window.share(annotation.at)
        if share - last <= _SAME_LINE:
            continue
        last = share
        x = window.x(annotation.at)
        marks.append(
            {"name": CAPTION, "type": "line", "layer": "below"}
            | {"xref": "x", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1}
            | {"line": {"color": "var(--moment)", "width": 1}}
        )
    return marks


def caption(
    annotation: Annotation, window: Window, geometry: LaneGeometry, leftwards: bool
) -> Mark:
    """Write an annotation's text in the headroom of its lane; a new fault's on a plate."""
    is_new = fault_marks.is_new(annotation, window)
    return _text(annotation.text, SMALL_FONT, _INK if is_new else _MUTED) | {
        "name": CAPTION,
        "xref": "x",
        "x": window.x(annotation.at),
        "xanchor": "right" if leftwards else "left",
        "xshift": -4 if leftwards else 4,
        "yref": "paper",
        "y": geometry.top,
        "yanchor": "top",
        "yshift": 1,
        "bgcolor": _CARD,
        **(fault_marks.PLATE if is_new else {}),
    }


def dim(geometry: LaneGeometry) -> Mark:
    """Cover a lane that is not in focus with a veil."""
    return {"type": "rect", "layer": "above", "line": {"width": 0}, "opacity": 0.66} | {
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": "paper",
        "y0": geometry.bottom,
        "y1": geometry.top,
        "fillcolor": _CARD,
    }


def unknown_areas(spans: Spans, window: Window, geometry: LaneGeometry) -> list[Mark]:
    """Shade the spans in which a lane is unknown."""
    return [
        {"type": "rect", "xref": "x", "x0": window.x(start), "x1": window.x(end)}
        | {"yref": "paper", "y0": geometry.bottom, "y1": geometry.full}
        | {"fillcolor": "var(--unknown)", "line": {"width": 0}, "layer": "below"}
        for start, end in spans
    ]


def unknown_texts(spans: Spans, window: Window, geometry: LaneGeometry) -> list[Mark]:
    """Write ``no reading`` into unknown spans that are wide enough."""
    text_seconds = 60 / _PLOT_WIDTH * window.length
    return [
        _no_reading((start + end) / 2, window, geometry)
        for start, end in spans
        if end - start > text_seconds
    ]


def _no_reading(middle: float, window: Window, geometry: LaneGeometry) -> Mark:
    return _text("no<br>reading", SMALL_FONT - 1, _MUTED) | {
        "name": CAPTION,
        "xref": "x",
        "x": window.x(middle),
        "xanchor": "center",
        "yref": "paper",
        "y": (geometry.bottom + geometry.full) / 2,
        "yanchor": "middle",
    }


def _text(text: str, size: int, color: str) -> Mark:
    return {
        "text": text,
        "showarrow": False,
        "font": {"size": size, "color": color},
        "xref": "paper",
        "xanchor": "left",
        "borderpad": 1,
    }
