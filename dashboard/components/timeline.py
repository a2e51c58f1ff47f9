"""The timeline: a snapshot in, a Plotly figure out. Pure; knows nothing of Streamlit.

Colours are CSS custom properties (``var(--requests)``), which the browser resolves, so
one figure serves light and dark and every session that looks at the same snapshot.
"""

from collections.abc import Sequence
from datetime import tzinfo

import numpy as np
import plotly.graph_objects as go

from dashboard.components import timeline_marks as marks
from dashboard.components.timeline_lanes import LANES, Place, highest, place
from dashboard.components.timeline_series import (
    Point,
    Value,
    Window,
    bars,
    line,
    nice_top,
    requests,
    unknown,
    within,
)
from dashboard.components.words import UNKNOWN
from dashboard.readings import Sample, Snapshot

HEIGHT = 320
_MARGIN = {"l": 24, "r": 88, "t": 2, "b": 22}
_PLOT_HEIGHT = HEIGHT - _MARGIN["t"] - _MARGIN["b"]


def figure(snapshot: Snapshot, span: float, zone: tzinfo | None = None) -> go.Figure:
    """Draw the last ``span`` seconds of a snapshot, one lane for each idea that it knows."""
    window = Window(snapshot.at, span, zone)
    samples = within(snapshot.samples, window)
    names = [name for name in snapshot.lanes if name in LANES]
    places = place(names, [_top(name, samples, window, snapshot) for name in names])
    shapes = marks.moment_lines(snapshot.moments, window)
    annotations = marks.captions(snapshot.moments, window, places)
    traces: list[go.Scatter | go.Bar] = []
    for name, where in places.items():
        shades, texts = marks.unknown_areas(
            unknown(samples, window, LANES[name].value), window, where
        )
        shapes += shades
        annotations += [*texts, marks.title(where, marks.lane_title(name, window))]
        annotations += _newest(name, samples, snapshot, where)
        traces += _TRACES[name](samples, window, where)
    return go.Figure(traces, _layout(window, places, shapes, annotations))


def alt_text(snapshot: Snapshot) -> str:
    """Say in words what the chart shows at its right edge."""
    titles = [LANES[name].title for name in snapshot.lanes if name in LANES]
    newest = snapshot.samples[-1] if snapshot.samples else Sample(snapshot.at)
    waiting, painting, ready = (
        UNKNOWN if number is None else number
        for number in (newest.waiting, newest.painting, newest.ready)
    )
    return (
        f"{', '.join(titles)} over time. Now: waiting {waiting}, painting {painting}, "
        f"workers ready {ready}."
    )


def _top(name: str, samples: Sequence[Sample], window: Window, snapshot: Snapshot) -> float:
    if name == "pictures":
        return nice_top(max((number for _, number in bars(samples, window)), default=0))
    if name == "workers":
        seen = highest(samples, lambda sample: sample.ready, lambda sample: sample.wanted)
        maximum = _maximum(snapshot)
        return nice_top(seen) if maximum is None else max(seen, maximum, 1)
    return nice_top(highest(samples, LANES[name].value))


def _maximum(snapshot: Snapshot) -> int | None:
    fleet = snapshot.fleet.value if snapshot.fleet else None
    return fleet.scaler.maximum if fleet and fleet.scaler else None


def _newest(name: str, samples: Sequence[Sample], snapshot: Snapshot, where: Place) -> list:
    colour = f"var(--{name})"
    last = samples[-1] if samples else Sample(snapshot.at)
    if name == "pictures":
        total = snapshot.pictures_total
        texts = [] if total is None else [(0, f"total <b>{total}</b>")]
    else:
        texts = _values(name, last)
    if not texts:
        return marks.newest(where, _PLOT_HEIGHT, [(0, "no reading")], "var(--muted)")
    return marks.newest(where, _PLOT_HEIGHT, texts, colour)


def _values(name: str, last: Sample) -> list[tuple[float, str]]:
    """Pair each known value of a lane with its height; of equal ones the first is below."""
    if name == "requests":
        below = last.painting or 0
        pairs = [
            (below / 2, "painting", last.painting),
            (below + (last.waiting or 0) / 2, "waiting", last.waiting),
        ]
    elif name == "workers":
        pairs = [(last.ready or 0, "ready", last.ready), (last.wanted or 0, "wanted", last.wanted)]
    else:
        pairs = [(last.nodes or 0, "ready", last.nodes)]
    return [(at, f"{word} <b>{number}</b>") for at, word, number in pairs if number is not None]


def _request_traces(samples: Sequence[Sample], window: Window, where: Place) -> list:
    return [
        *_area(samples, window, where, requests, "requests", "waiting or painting", 1.6, "tint"),
        *_area(samples, window, where, lambda s: s.painting, "requests", "painting", 1, "solid"),
    ]


def _worker_traces(samples: Sequence[Sample], window: Window, where: Place) -> list:
    return [
        *_area(samples, window, where, lambda s: s.ready, "workers", "workers ready", 2, "tint"),
        *_area(samples, window, where, lambda s: s.wanted, "workers", "workers wanted", 1.3, None),
    ]


def _node_traces(samples: Sequence[Sample], window: Window, where: Place) -> list:
    return _area(samples, window, where, lambda s: s.nodes, "nodes", "GPU nodes ready", 2, "tint")


def _picture_traces(samples: Sequence[Sample], window: Window, where: Place) -> list:
    at, numbers = _columns(bars(samples, window), window)
    return [
        go.Bar(
            x=at,
            y=numbers,
            width=window.bar * 740,  # milliseconds: three quarters of its time
            yaxis=where.axis,
            marker={"color": "var(--pictures)", "line": {"width": 0}},
            hovertemplate="%{y} pictures<extra></extra>",
        )
    ]


_TRACES = {
    "requests": _request_traces,
    "workers": _worker_traces,
    "nodes": _node_traces,
    "pictures": _picture_traces,
}


def _area(
    samples: Sequence[Sample],
    window: Window,
    where: Place,
    value: Value,
    colour: str,
    name: str,
    width: float,
    fill: str | None,
) -> list[go.Scatter]:
    """Draw one line as a trace per run: a fill within one trace would bridge its gaps."""
    return [
        go.Scatter(
            x=at,
            y=numbers,
            yaxis=where.axis,
            mode="lines",
            line={
                "color": f"var(--{colour})",
                "width": width,
                "shape": "hv",
                "dash": None if fill else "4px,3px",
            },
            fill="tozeroy" if fill else None,
            fillcolor=f"var(--{colour}-{fill})" if fill else None,
            hovertemplate=f"%{{y}} {name}<extra></extra>",
        )
        for at, numbers in (_columns(run, window) for run in line(samples, window, value))
    ]


def _columns(points: Sequence[Point], window: Window) -> tuple[np.ndarray, np.ndarray]:
    # As arrays, they travel to the browser as bytes: a third of their size as text.
    at = np.array([window.x(at) for at, _ in points], dtype=np.float64)
    return at, np.array([number for _, number in points], dtype=np.int32)


def _layout(window: Window, places: dict[str, Place], shapes: list, annotations: list) -> dict:
    small = {"size": 11, "color": "var(--muted)"}
    axes = {
        where.axis.replace("y", "yaxis"): {
            "domain": [where.bottom, where.top],
            "range": where.range,
            "tickvals": [where.scale],
            "tickfont": small,
            "gridcolor": "var(--line)",
            "zerolinecolor": "var(--moment)",
            "zerolinewidth": 1,
            "fixedrange": True,
        }
        for where in places.values()
    }
    lowest = list(places.values())[-1].axis if places else "y"
    return axes | {
        "template": "none",
        "height": HEIGHT,
        "margin": _MARGIN,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": "var(--card)",
            "bordercolor": "var(--line)",
            "font": {"size": marks.FONT, "color": "var(--ink)"},
        },
        "font": {"family": "Inter, sans-serif", "size": marks.FONT, "color": "var(--muted)"},
        "shapes": shapes,
        "annotations": annotations,
        "xaxis": {
            "type": "date",
            "range": [window.x(window.start), window.x(window.end)],
            "anchor": lowest,
            "showgrid": False,
            "zeroline": False,
            "tickformat": "%H:%M:%S" if window.span <= 120 else "%H:%M",
            "hoverformat": "%H:%M:%S",
            "nticks": 7,
            "tickfont": small,
            "fixedrange": True,
            "showspikes": True,
            "spikemode": "across",
            "spikethickness": 1,
            "spikecolor": "var(--muted)",
            "spikedash": "solid",
            "spikesnap": "cursor",
        },
    }
