"""The lines and bars of the timeline."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.domain.snapshot import Sample
from dashboard.presentation.timeline.lanes import Curve, Lane
from dashboard.presentation.timeline.layout import LaneGeometry
from dashboard.presentation.timeline.series import Point, Window, bars, line

Trace = go.Scatter | go.Bar


def traces(
    lane: Lane, samples: Sequence[Sample], window: Window, geometry: LaneGeometry
) -> list[Trace]:
    """Draw a lane's lines, or its bars if it has none."""
    if not lane.curves:
        return [_bars(lane, samples, window, geometry)]
    return [
        _line(lane, curve, _columns(run, window), geometry)
        for curve in lane.curves
        # A trace for each run: within one trace, the fill would bridge its gaps.
        for run in line(samples, window, curve.value)
    ]


def _line(
    lane: Lane, curve: Curve, columns: tuple[np.ndarray, np.ndarray], geometry: LaneGeometry
) -> go.Scatter:
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
            "dash": None if curve.fill else "4px,3px",
        },
        fill="tozeroy" if curve.fill else None,
        fillcolor=f"var(--{lane.name}-{curve.fill})" if curve.fill else None,
        hovertemplate=f"%{{y}} {curve.name}<extra></extra>",
    )


def _bars(lane: Lane, samples: Sequence[Sample], window: Window, geometry: LaneGeometry) -> go.Bar:
    at, numbers = _columns(bars(samples, window), window)
    return go.Bar(
        x=at,
        y=numbers,
        width=window.bar * 740,  # milliseconds: three quarters of a bar's time
        yaxis=geometry.axis,
        marker={"color": f"var(--{lane.name})", "line": {"width": 0}},
        hovertemplate=f"%{{y}} {lane.name}<extra></extra>",
    )


def _columns(points: Sequence[Point], window: Window) -> tuple[np.ndarray, np.ndarray]:
    # Plotly sends arrays to the browser as bytes: a third of their size as text.
    at = np.array([window.x(at) for at, _ in points], dtype=np.float64)
    return at, np.array([number for _, number in points], dtype=np.int32)
