"""The real lanes, with the lines of a what-if run dashed over them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

import numpy as np
import plotly.graph_objects as go

from dashboard.domain.snapshot import Annotation, Sample
from dashboard.presentation.timeline import marks
from dashboard.presentation.timeline.figure import columns, draw_line
from dashboard.presentation.timeline.lanes import LANES, Curve, Labels, Lane
from dashboard.presentation.timeline.layout import layout, share_height
from dashboard.presentation.timeline.series import (
    Value,
    Window,
    highest,
    line,
    nice_top,
    requests,
    unknown,
    within,
)
from dashboard.whatif.result import lanes
from dashboard.whatif.simulate import Run

_POINTS = 200
"""Ghost lines are the highest value of each part: one a second would tear the dashes, and fewer
would be gaps (see ``timeline.series``)."""

_MADE_UP_START = 86400.0

_VALUES: dict[str, tuple[str, Value]] = {
    "requests": ("requests", requests),
    "workers": ("workers wanted", lambda sample: sample.wanted),
    "nodes": ("GPU nodes", lambda sample: sample.nodes),
}


@dataclass(frozen=True)
class Chart:
    """What the chart shows."""

    real: Sequence[Sample]
    """Recorded, or simulated with the real settings where the requests are made up."""
    tried: Run
    annotations: Sequence[Annotation] = ()
    zone: tzinfo | None = UTC
    ends: float = 0.0
    """Unix seconds of the right edge."""


def start_of(run: Run) -> float:
    """Return the Unix seconds at which a run starts on the chart; a made-up one on a midnight.

    Not the first one: Plotly takes 2000 to 9999 milliseconds for years.
    """
    return _MADE_UP_START if run.arrivals.start is None else run.arrivals.start


def samples_of(run: Run) -> list[Sample]:
    """Return a run as samples: the highest numbers of each part of its time."""
    step = max(1.0, run.end / _POINTS)
    start = start_of(run)
    times = np.arange(0.0, run.end + step, step / 4)
    found = lanes(run, times)
    parts = np.arange(0, len(times), 4)
    high = {
        "waiting": np.maximum.reduceat(found.requests, parts),
        "wanted": np.maximum.reduceat(found.wanted, parts),
        "ready": np.maximum.reduceat(found.ready, parts),
    }
    if found.nodes is not None:
        high["nodes"] = np.maximum.reduceat(found.nodes, parts)
    return [
        Sample(start + at, **{name: int(values[index]) for name, values in high.items()})
        for index, at in enumerate(times[parts])
    ]


def draw(chart: Chart) -> go.Figure:
    """Draw a lane for requests, workers and, where they come and go, GPU nodes."""
    start = start_of(chart.tried)
    window = Window(chart.ends, chart.ends - start, chart.zone, start)
    real, tried = within(chart.real, window), samples_of(chart.tried)
    tried = [sample for sample in tried if sample.at <= chart.ends]
    shown = [LANES[name] for name in _VALUES if name != "nodes" or chart.tried.model.nodes]
    tops = [nice_top(highest([*real, *tried], _VALUES[lane.name][1])) for lane in shown]
    geometries = share_height(tops)
    by_name = {lane.name: each for lane, each in zip(shown, geometries, strict=True)}
    captioned = marks.with_room(
        [each for each in chart.annotations if each.lane in by_name], window, shown
    )
    shapes = marks.lines((each for each, _ in captioned), window)
    texts = [marks.caption(each, window, by_name[each.lane], left) for each, left in captioned]
    data = []
    for lane, geometry in zip(shown, geometries, strict=True):
        spans = unknown(real, window, _VALUES[lane.name][1])
        shapes += marks.unknown_areas(spans, window, geometry)
        texts += marks.unknown_texts(spans, window, geometry)
        texts.append(marks.title(lane, geometry, window))
        labels = _labels(lane, real, tried)
        texts += marks.newest(labels, geometry, f"var(--{lane.name})")
        for curve, found in _curves(lane, real, tried):
            runs = line(found, window, curve.value)
            data += [draw_line(lane, curve, columns(run, window), geometry) for run in runs]
    return go.Figure(data, layout(window, geometries) | {"shapes": shapes, "annotations": texts})


def _curves(
    lane: Lane, real: Sequence[Sample], tried: Sequence[Sample]
) -> Iterator[tuple[Curve, Sequence[Sample]]]:
    name, value = _VALUES[lane.name]
    yield Curve(f"{name}, real", value, 1.6, "tint"), real
    yield Curve(f"{name}, what if", value, 2), tried


def _labels(lane: Lane, real: Sequence[Sample], tried: Sequence[Sample]) -> Labels:
    """Label both lines with their peaks, at their height."""
    value = _VALUES[lane.name][1]
    found = []
    for name, samples in (("real", real), ("what if", tried)):
        if any(value(sample) is not None for sample in samples):
            peak = highest(samples, value)
            found.append((float(peak), f"{name} <b>{peak:,}</b>"))
    return found


def alt_text(chart: Chart) -> str:
    """Describe the chart for people who do not see it."""
    peaks = (
        f"{name} at most {highest(chart.real, value)} and {highest(samples_of(chart.tried), value)}"
        for name, value in _VALUES.values()
        if name != "GPU nodes" or chart.tried.model.nodes
    )
    return f"Real and what-if lines over time: {', '.join(peaks)}."
