"""Where things lie on the timeline, and what its axes look like."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.presentation.timeline.series import Window

HEIGHT = 320
FONT = 12
SMALL = 11

_MARGIN = {"l": 24, "r": 88, "t": 2, "b": 22}
PLOT_HEIGHT = HEIGHT - _MARGIN["t"] - _MARGIN["b"]

_GAP = 0.03
_HEADROOM = 1.5
"""A lane's axis reaches this much above its top tick: room for its title and captions."""

_SMALL_MUTED = {"size": SMALL, "color": "var(--muted)"}


@dataclass(frozen=True)
class Place:
    """Where a lane lies, as shares of the plot's height."""

    axis: str
    """Plotly's name of its y axis: ``y``, ``y2`` …"""
    bottom: float
    top: float
    scale: float
    """The value at the lane's only tick."""

    @property
    def range(self) -> tuple[float, float]:
        """The values at the lane's floor and ceiling."""
        return 0, self.scale * _HEADROOM

    @property
    def full(self) -> float:
        """The height of the tick, as a share of the plot's."""
        return self.bottom + (self.top - self.bottom) / _HEADROOM

    def pixels(self, value: float) -> float:
        """How far above the lane's floor a value is drawn."""
        return value / self.scale * (self.full - self.bottom) * PLOT_HEIGHT


def share_height(scales: Sequence[float]) -> list[Place]:
    """Share the height of the plot between lanes, from top to bottom."""
    height = (1 - _GAP * (len(scales) - 1)) / max(1, len(scales))
    places = []
    for index, scale in enumerate(scales):
        top = 1 - index * (height + _GAP)
        axis = f"y{index + 1}" if index else "y"
        places.append(Place(axis, max(0.0, top - height), top, scale))
    return places


def layout(window: Window, places: Sequence[Place]) -> dict[str, object]:
    """Set the axes, and all that is the same at every tick."""
    lowest = places[-1].axis if places else "y"
    return {
        "template": "none",
        "height": HEIGHT,
        "margin": _MARGIN,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "font": {"family": "Inter, sans-serif", "size": FONT, "color": "var(--muted)"},
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": "var(--card)",
            "bordercolor": "var(--line)",
            "font": {"size": FONT, "color": "var(--ink)"},
        },
        "xaxis": _time_axis(window, lowest),
        **{where.axis.replace("y", "yaxis"): _value_axis(where) for where in places},
    }


def _value_axis(where: Place) -> dict[str, object]:
    return {
        "domain": [where.bottom, where.top],
        "range": where.range,
        "tickvals": [where.scale],
        "tickfont": _SMALL_MUTED,
        "gridcolor": "var(--line)",
        "zerolinecolor": "var(--moment)",
        "zerolinewidth": 1,
        "fixedrange": True,
    }


def _time_axis(window: Window, anchor: str) -> dict[str, object]:
    return {
        "type": "date",
        "range": [window.x(window.start), window.x(window.end)],
        "anchor": anchor,
        "showgrid": False,
        "zeroline": False,
        "tickformat": "%H:%M:%S" if window.span <= 120 else "%H:%M",
        "hoverformat": "%H:%M:%S",
        "nticks": 7,
        "tickfont": _SMALL_MUTED,
        "fixedrange": True,
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikecolor": "var(--muted)",
        "spikedash": "solid",
        "spikesnap": "cursor",
    }
