"""Geometry of the lanes, and the axes of the figure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.presentation.timeline.series import Window

HEIGHT = 320
FONT = 12
SMALL_FONT = 11

_MARGIN = {"l": 24, "r": 88, "t": 2, "b": 22}
PLOT_HEIGHT = HEIGHT - _MARGIN["t"] - _MARGIN["b"]

_TICKS = 7
"""On the time axis at most. Plotly's largest step below a minute is half of one."""
_GAP = 0.03
"""Space between lanes, as a share of the plot's height."""
_HEADROOM = 1.5
"""Top of a lane's axis, as a multiple of its tick: room for the title and captions."""

_SMALL_MUTED = {"size": SMALL_FONT, "color": "var(--muted)"}


@dataclass(frozen=True)
class LaneGeometry:
    """The position of a lane, as shares of the plot's height."""

    axis: str
    """Plotly's name of its y axis: ``y``, ``y2`` …"""
    bottom: float
    top: float
    scale: float
    """The value at the lane's only tick."""

    @property
    def range(self) -> tuple[float, float]:
        """Return the values at the lane's bottom and top."""
        return 0, self.scale * _HEADROOM

    @property
    def full(self) -> float:
        """Return the height of the tick, as a share of the plot's height."""
        return self.bottom + (self.top - self.bottom) / _HEADROOM

    def pixels(self, value: float, plot_height: int = PLOT_HEIGHT) -> float:
        """Return the height of a value above the lane's bottom, in a plot of that height."""
        return value / self.scale * (self.full - self.bottom) * plot_height


def share_height(scales: Sequence[float]) -> list[LaneGeometry]:
    """Share the height of the plot between lanes, from top to bottom."""
    height = (1 - _GAP * (len(scales) - 1)) / max(1, len(scales))
    geometries = []
    for index, scale in enumerate(scales):
        top = 1 - index * (height + _GAP)
        axis = f"y{index + 1}" if index else "y"
        geometries.append(LaneGeometry(axis, max(0.0, top - height), top, scale))
    return geometries


def base_layout(height: int, margin: dict[str, int]) -> dict[str, object]:
    """Return what all charts have in common; height and margin are in pixels."""
    return {
        "template": "none",
        "height": height,
        "margin": margin,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "font": {"family": "Inter, sans-serif", "size": FONT, "color": "var(--muted)"},
    }


def layout(window: Window, geometries: Sequence[LaneGeometry]) -> dict[str, object]:
    """Return the figure's axes and everything that does not depend on the samples."""
    lowest = geometries[-1].axis if geometries else "y"
    return {
        **base_layout(HEIGHT, _MARGIN),
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": "var(--card)",
            "bordercolor": "var(--line)",
            "font": {"size": FONT, "color": "var(--ink)"},
        },
        "xaxis": _time_axis(window, lowest),
        **{lane.axis.replace("y", "yaxis"): _value_axis(lane) for lane in geometries},
    }


def axis_range(window: Window) -> list[float]:
    """Return the values at the edges of the time axis."""
    return [window.x(window.start), window.x(window.end)]


def tick_format(window: Window) -> str:
    """Return how the times of the axis are written."""
    return "%H:%M:%S" if window.length <= _TICKS * 30 else "%H:%M"


def _value_axis(lane: LaneGeometry) -> dict[str, object]:
    return {
        "domain": [lane.bottom, lane.top],
        "range": lane.range,
        "tickvals": [lane.scale],
        "tickfont": _SMALL_MUTED,
        "gridcolor": "var(--line)",
        "zerolinecolor": "var(--moment)",
        "zerolinewidth": 1,
        "fixedrange": True,
    }


def _time_axis(window: Window, anchor: str) -> dict[str, object]:
    return {
        "type": "date",
        "range": axis_range(window),
        "anchor": anchor,
        "showgrid": False,
        "zeroline": False,
        "tickformat": tick_format(window),
        "hoverformat": "%H:%M:%S",
        "nticks": _TICKS,
        "tickfont": _SMALL_MUTED,
        "fixedrange": True,
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikecolor": "var(--muted)",
        "spikedash": "solid",
        "spikesnap": "cursor",
    }
