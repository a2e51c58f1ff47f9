"""The timeline: a snapshot in, a Plotly figure out. Pure; knows nothing of Streamlit.

Colours are CSS custom properties (``var(--requests)``), which the browser resolves, so
one figure serves light and dark and every session that looks at the same snapshot.
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
    """Draw the last ``span`` seconds of a snapshot, one lane for each idea that it knows."""
    window = Window(snapshot.at, span, zone)
    samples = within(snapshot.samples, window)
    lanes = _lanes(snapshot)
    places = share_height([_top(lane, samples, window, snapshot) for lane in lanes])
    by_name = {lane.name: where for lane, where in zip(lanes, places, strict=True)}

    shapes = marks.moment_lines(snapshot.annotations, window)
    annotations = marks.captions(snapshot.annotations, window, by_name)
    drawn = []
    for lane, where in zip(lanes, places, strict=True):
        stretches = unknown(samples, window, lane.curves[0].value) if lane.curves else []
        shapes += marks.unknown_areas(stretches, window, where)
        annotations += marks.unknown_words(stretches, window, where)
        annotations.append(marks.title(lane, where, window))
        annotations += marks.newest(lane.newest(snapshot), where, f"var(--{lane.name})")
        drawn += traces(lane, samples, window, where)
    return go.Figure(drawn, layout(window, places) | {"shapes": shapes, "annotations": annotations})


def alt_text(snapshot: Snapshot) -> str:
    """Say in words what the chart shows at its right edge."""
    titles = ", ".join(lane.title for lane in _lanes(snapshot))
    newest = snapshot.samples[-1] if snapshot.samples else Sample(snapshot.at)
    numbers = {"waiting": newest.waiting, "generating": newest.generating}
    if "workers" in snapshot.lanes:
        numbers["workers ready"] = newest.ready
    said = (f"{name} {UNKNOWN if number is None else number}" for name, number in numbers.items())
    return f"{titles} over time. Now: {', '.join(said)}."


def _lanes(snapshot: Snapshot) -> list[Lane]:
    return [LANES[name] for name in snapshot.lanes if name in LANES]


def _top(lane: Lane, samples: Sequence[Sample], window: Window, snapshot: Snapshot) -> int:
    if lane.name == "pictures":
        return nice_top(max((number for _, number in bars(samples, window)), default=0))
    fleet = snapshot.fleet.value if snapshot.fleet else None
    if lane.name == "workers" and fleet and fleet.scaler:
        # The most that there may be: a full lane is a full fleet.
        return max(1, fleet.scaler.maximum, highest(samples, *lane.values))
    return nice_top(highest(samples, *lane.values))
