"""Draw a snapshot's timeline as a Plotly figure.

Colors are CSS custom properties (``var(--requests)``), which the browser resolves, so one
figure serves light and dark pages and every session that shows the same snapshot.
"""

from collections.abc import Sequence
from datetime import tzinfo

import plotly.graph_objects as go

from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.presentation.formatting import UNKNOWN
from dashboard.presentation.timeline import marks
from dashboard.presentation.timeline.lanes import LANES, Lane
from dashboard.presentation.timeline.layout import layout, share_height
from dashboard.presentation.timeline.series import Window, bars, highest, nice_top, unknown, within
from dashboard.presentation.timeline.traces import traces


def draw(snapshot: Snapshot, span: float, zone: tzinfo | None = None) -> go.Figure:
    """Draw at most the last ``span`` seconds of a snapshot, a lane for each kind of reading."""
    first = snapshot.samples[0].at if snapshot.samples else snapshot.at
    window = Window(snapshot.at, span, zone, first)
    samples = within(snapshot.samples, window)
    lanes = _lanes(snapshot)
    geometries = share_height([_scale(lane, samples, window, snapshot) for lane in lanes])
    by_name = {lane.name: geometry for lane, geometry in zip(lanes, geometries, strict=True)}

    captioned = marks.with_room(snapshot.annotations, window, by_name)
    shapes = marks.lines((annotation for annotation, _ in captioned), window)
    annotations = [
        marks.caption(annotation, window, by_name[annotation.lane], leftwards)
        for annotation, leftwards in captioned
    ]
    data = []
    for lane, geometry in zip(lanes, geometries, strict=True):
        spans = unknown(samples, window, lane.curves[0].value) if lane.curves else []
        shapes += marks.unknown_areas(spans, window, geometry)
        annotations += marks.unknown_texts(spans, window, geometry)
        annotations.append(marks.title(lane, geometry, window))
        annotations += marks.newest(lane.newest(snapshot), geometry, f"var(--{lane.name})")
        data += traces(lane, samples, window, geometry)
    figure_layout = layout(window, geometries)
    return go.Figure(data, figure_layout | {"shapes": shapes, "annotations": annotations})


def alt_text(snapshot: Snapshot) -> str:
    """Describe the chart and its newest values, for people who do not see it."""
    titles = ", ".join(lane.title for lane in _lanes(snapshot))
    newest = snapshot.samples[-1] if snapshot.samples else Sample(snapshot.at)
    numbers = {"waiting": newest.waiting, "generating": newest.generating}
    if "workers" in snapshot.lanes:
        numbers["workers ready"] = newest.ready
    values = (f"{name} {UNKNOWN if number is None else number}" for name, number in numbers.items())
    return f"{titles} over time. Now: {', '.join(values)}."


def _lanes(snapshot: Snapshot) -> list[Lane]:
    return [LANES[name] for name in snapshot.lanes if name in LANES]


def _scale(lane: Lane, samples: Sequence[Sample], window: Window, snapshot: Snapshot) -> int:
    if lane.name == "pictures":
        return nice_top(max((number for _, number in bars(samples, window)), default=0))
    fleet = snapshot.fleet.value if snapshot.fleet else None
    if lane.name == "workers" and fleet and fleet.scaler:
        # The scaler's maximum, so that a full lane is a full fleet.
        return max(1, fleet.scaler.maximum, highest(samples, *lane.values))
    return nice_top(highest(samples, *lane.values))
