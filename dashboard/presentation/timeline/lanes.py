"""The lanes of the timeline: titles, lines and labels of the newest values."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.presentation.timeline.series import Value, requests

Labels = list[tuple[float, str]]
"""Pairs of a value, which gives the height in the lane, and a text."""


@dataclass(frozen=True)
class Curve:
    """One line of a lane. Curves of a lane differ in form, not in color alone."""

    name: str
    value: Value
    width: float
    fill: Literal["tint", "solid"] | None = None
    """None is a dashed line."""
    dash: str = "4px,3px"
    """Lengths of its dashes and of the gaps between them."""


@dataclass(frozen=True)
class Lane:
    """One chart of the timeline; all lanes share the time axis."""

    name: str
    """Also the name of its color in tokens.css."""
    title: str
    curves: tuple[Curve, ...]
    """The lane is unknown where its first curve is. The pictures' lane has bars instead."""
    newest: Callable[[Snapshot], Labels]
    top: int | None = None
    """The value at the lane's tick; None if it follows from the lane's values."""

    @property
    def values(self) -> list[Value]:
        """Return the measures of its curves."""
        return [curve.value for curve in self.curves]


def _newest_sample(snapshot: Snapshot) -> Sample:
    return snapshot.samples[-1] if snapshot.samples else Sample(snapshot.at)


def _labels(*values: tuple[float, str, int | None]) -> Labels:
    return [(at, f"{text} <b>{number}</b>") for at, text, number in values if number is not None]


def _newest_requests(snapshot: Snapshot) -> Labels:
    """Label the middle of each band; waiting requests are stacked on those in progress."""
    newest = _newest_sample(snapshot)
    generating = newest.generating or 0
    middle = generating + (newest.waiting or 0) / 2
    return _labels(
        (generating / 2, "generating", newest.generating), (middle, "waiting", newest.waiting)
    )


def _newest_workers(snapshot: Snapshot) -> Labels:
    newest = _newest_sample(snapshot)
    return _labels(
        (newest.ready or 0, "ready", newest.ready), (newest.wanted or 0, "wanted", newest.wanted)
    )


def _newest_nodes(snapshot: Snapshot) -> Labels:
    nodes = _newest_sample(snapshot).nodes
    return _labels((nodes or 0, "ready", nodes))


def _newest_gpus(snapshot: Snapshot) -> Labels:
    busy = _newest_sample(snapshot).gpu_busy
    if busy is None and not snapshot.gpus:
        return [(0, "none in use")]
    return [] if busy is None else [(busy, f"busy <b>{busy}%</b>")]


def _newest_pictures(snapshot: Snapshot) -> Labels:
    return _labels((0, "total", snapshot.pictures_stored))


_REQUESTS = (
    Curve("waiting or generating", requests, 1.6, "tint"),
    Curve("generating", lambda sample: sample.generating, 1, "solid"),
)
_WORKERS = (
    Curve("workers ready", lambda sample: sample.ready, 2, "tint"),
    Curve("workers wanted", lambda sample: sample.wanted, 1.3),
)
_NODES = (Curve("GPU nodes ready", lambda sample: sample.nodes, 2, "tint"),)
_GPUS = (Curve("% GPU busy", lambda sample: sample.gpu_busy, 2, "tint"),)

LANES = {
    "requests": Lane("requests", "Requests", _REQUESTS, _newest_requests),
    "workers": Lane("workers", "Workers", _WORKERS, _newest_workers),
    "nodes": Lane("nodes", "GPU nodes", _NODES, _newest_nodes),
    "gpus": Lane("gpus", "GPU busy", _GPUS, _newest_gpus, top=100),
    "pictures": Lane("pictures", "Pictures", (), _newest_pictures),
}


def with_target(lane: Lane, called_for: Value) -> Lane:
    """Add the line of the workers that the requests call for, before stabilization and rates."""
    target = Curve("workers called for", called_for, 1.3, dash="1.5px,3px")
    return replace(lane, curves=(*lane.curves, target))
