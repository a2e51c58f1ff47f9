"""Draw a snapshot's timeline as a Plotly figure.

Colors are CSS custom properties (``var(--requests)``), which the browser resolves, so one
figure serves light and dark pages and every session that shows the same snapshot.
"""

from collections.abc import Sequence
from datetime import tzinfo

import numpy as np
import plotly.graph_objects as go

from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.presentation import scaling_history
from dashboard.presentation.formatting import UNKNOWN
from dashboard.presentation.timeline import fault_marks, marks
from dashboard.presentation.timeline.lanes import LANES, Curve, Lane, with_target
from dashboard.presentation.timeline.layout import (
    PLOT_HEIGHT,
    LaneGeometry,
    layout,
    share_height,
)
from dashboard.presentation.timeline.series import (
    Point,
    Window,
    bars,
    highest,
    line,
    nice_top,
    run_ahead,
    span_ahead,
    unknown,
    within,
)

Trace = go.Scatter | go.Bar


def draw(
    snapshot: Snapshot,
    span: float,
    zone: tzinfo | None = None,
    focus: str | None = None,
    plot_height: int = PLOT_HEIGHT,
) -> go.Figure:
    """Draw at most the last ``span`` seconds of a snapshot, a lane for each kind of reading.

    With the name of a lane as ``focus``, the other lanes are dimmed. In a plot of less height than
    usual, in pixels, labels of the newest values stay apart.
    """
    window = window_of(snapshot, span, zone)
    samples = within(snapshot.samples, window)
    lanes = lanes_of(snapshot)
    geometries = place(lanes, snapshot, window)
    by_name = {lane.name: geometry for lane, geometry in zip(lanes, geometries, strict=True)}

    captioned = marks.with_room(snapshot.annotations, window, lanes)
    shapes = marks.lines((annotation for annotation, _ in captioned), window)
    annotations = [
        marks.caption(annotation, window, by_name[annotation.lane], leftwards)
        for annotation, leftwards in captioned
    ]
    data = []
    for lane, geometry in zip(lanes, geometries, strict=True):
        spans = unknown(samples, window, lane.curves[0].value) if lane.curves else []
        ahead = [span_ahead(span, window) for span in spans]
        shapes += marks.unknown_areas(ahead, window, geometry)
        annotations += marks.unknown_texts(spans, window, geometry)
        annotations.append(marks.title(lane, geometry, window))
        labels = lane.newest(snapshot)
        annotations += marks.newest(labels, geometry, f"var(--{lane.name})", plot_height)
        data += _traces(lane, samples, window, geometry)
    shapes += [
        fault_marks.ring(each, window, by_name[each.lane])
        for each, _ in captioned
        if fault_marks.is_new(each, window)
    ]
    if focus in by_name:
        shapes += [marks.dim(geometry) for name, geometry in by_name.items() if name != focus]
    figure_layout = layout(window, geometries)
    return go.Figure(data, figure_layout | {"shapes": shapes, "annotations": annotations})


def window_of(snapshot: Snapshot, span: float, zone: tzinfo | None = None) -> Window:
    """Return the time axis of a snapshot, of at most ``span`` seconds."""
    first = snapshot.samples[0].at if snapshot.samples else snapshot.at
    return Window(snapshot.at, span, zone, first)


def place(lanes: Sequence[Lane], snapshot: Snapshot, window: Window) -> list[LaneGeometry]:
    """Return the positions and scales of a snapshot's lanes."""
    samples = within(snapshot.samples, window)
    return share_height([_scale(lane, samples, window, snapshot) for lane in lanes])


def alt_text(snapshot: Snapshot) -> str:
    """Describe the chart and its newest values, for people who do not see it."""
    titles = ", ".join(lane.title for lane in lanes_of(snapshot))
    newest = snapshot.samples[-1] if snapshot.samples else Sample(snapshot.at)
    numbers = {"waiting": newest.waiting, "generating": newest.generating}
    if "workers" in snapshot.lanes:
        numbers["workers ready"] = newest.ready
    if "gpus" in snapshot.lanes:
        numbers["GPU busy in percent"] = newest.gpu_busy
    values = (f"{name} {UNKNOWN if number is None else number}" for name, number in numbers.items())
    return f"{titles} over time. Now: {', '.join(values)}."


def lanes_of(snapshot: Snapshot) -> list[Lane]:
    """Return the lanes that a snapshot's mode has, top to bottom."""
    lanes = LANES | {"workers": _workers(snapshot)}
    return [lanes[name] for name in snapshot.lanes if name in lanes]


def _workers(snapshot: Snapshot) -> Lane:
    """Return the workers' lane, with the target by the scaler's present settings, if any."""
    fleet = snapshot.fleet.value if snapshot.fleet else None
    target = scaling_history.target(fleet.scaler) if fleet and fleet.scaler else None
    return with_target(LANES["workers"], target) if target else LANES["workers"]


def _scale(lane: Lane, samples: Sequence[Sample], window: Window, snapshot: Snapshot) -> int:
    if lane.top is not None:
        return lane.top
    if lane.name == "pictures":
        return nice_top(max((number for _, number in bars(samples, window)), default=0))
    fleet = snapshot.fleet.value if snapshot.fleet else None
    if lane.name == "workers" and fleet and fleet.scaler:
        # The scaler's maximum, so that a full lane is a full fleet.
        return max(1, fleet.scaler.maximum, highest(samples, *lane.values))
    return nice_top(highest(samples, *lane.values))


def _traces(
    lane: Lane, samples: Sequence[Sample], window: Window, geometry: LaneGeometry
) -> list[Trace]:
    """Draw a lane's lines, or its bars if it has none."""
    if not lane.curves:
        return [_draw_bars(lane, samples, window, geometry)]
    return [
        draw_line(lane, curve, columns(run_ahead(run, window), window), geometry)
        for curve in lane.curves
        # A trace for each run: within one trace, the fill would bridge its gaps.
        for run in line(samples, window, curve.value)
    ]


def draw_line(
    lane: Lane, curve: Curve, columns: tuple[np.ndarray, np.ndarray], geometry: LaneGeometry
) -> go.Scatter:
    """Draw one run of a line in its lane."""
    color = f"var(--{lane.name})"
    return go.Scatter(
        x=columns[0],
        y=columns[1],
        yaxis=geometry.axis,
        mode="lines",
        line={
            "color": color,
            "width": curve.width,
            "shape": "hv",
            "dash": None if curve.fill else curve.dash,
        },
        fill="tozeroy" if curve.fill else None,
        fillcolor=f"var(--{lane.name}-{curve.fill})" if curve.fill else None,
        hovertemplate=f"%{{y}} {curve.name}<extra></extra>",
    )


def _draw_bars(
    lane: Lane, samples: Sequence[Sample], window: Window, geometry: LaneGeometry
) -> go.Bar:
    at, numbers = columns(bars(samples, window), window)
    return go.Bar(
        x=at,
        y=numbers,
        width=window.bar * 740,  # milliseconds: three quarters of a bar's time
        yaxis=geometry.axis,
        marker={"color": f"var(--{lane.name})", "line": {"width": 0}},
        hovertemplate=f"%{{y}} {lane.name}<extra></extra>",
    )


def columns(points: Sequence[Point], window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return a line's points as Plotly takes them: times of the axis, and numbers."""
    # Plotly sends arrays to the browser as bytes: a third of their size as text.
    at = np.array([window.x(at) for at, _ in points], dtype=np.float64)
    return at, np.array([number for _, number in points], dtype=np.int32)
