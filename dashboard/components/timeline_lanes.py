"""The lanes of the timeline: what each is called, measures, and where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.components.timeline_series import Value, requests
from dashboard.readings import Sample

_GAP = 0.03
_HEADROOM = 1.5
"""A lane's axis reaches this much above its top tick: room for its title and captions."""


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

    def pixels(self, value: float, plot_height: float) -> float:
        """How far above the lane's floor a value is drawn."""
        return value / self.scale * (self.full - self.bottom) * plot_height


@dataclass(frozen=True)
class Lane:
    """One idea of the timeline. Its name is also the name of its colour in tokens.css."""

    name: str
    title: str
    value: Value
    """The measure by which the lane is scaled, and unknown."""


LANES = {
    "requests": Lane("requests", "Requests", requests),
    "workers": Lane("workers", "Workers", lambda sample: sample.ready),
    "nodes": Lane("nodes", "GPU nodes", lambda sample: sample.nodes),
    "pictures": Lane("pictures", "Pictures", lambda sample: sample.pictures),
}


def place(names: Sequence[str], scales: Sequence[float]) -> dict[str, Place]:
    """Share the height of the plot between the lanes, from top to bottom."""
    height = (1 - _GAP * (len(names) - 1)) / max(1, len(names))
    places = {}
    for index, (name, scale) in enumerate(zip(names, scales, strict=True)):
        top = 1 - index * (height + _GAP)
        axis = f"y{index + 1}" if index else "y"
        places[name] = Place(axis, max(0.0, top - height), top, scale)
    return places


def highest(samples: Sequence[Sample], *values: Value) -> int:
    """Find the highest known value of some measures."""
    known = (value(sample) for sample in samples for value in values)
    return max((number for number in known if number is not None), default=0)
