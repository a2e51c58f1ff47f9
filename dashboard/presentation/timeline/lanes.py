"""The lanes of the timeline: what each is called, draws, and says of the newest values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.presentation.timeline.series import Value, requests

Words = list[tuple[float, str]]
"""Pairs of a value, which is a height in the lane, and what is written there."""


@dataclass(frozen=True)
class Curve:
    """One line of a lane. Within a lane, form tells lines apart, and not colour alone."""

    name: str
    value: Value
    width: float
    fill: Literal["tint", "solid"] | None = None
    """None is a dashed line."""


@dataclass(frozen=True)
class Lane:
    """One idea of the timeline."""

    name: str
    """Also the name of its colour in tokens.css."""
    title: str
    curves: tuple[Curve, ...]
    """The first is the one by which the lane is unknown. The pictures' lane has bars."""
    newest: Callable[[Snapshot], Words]

    @property
    def values(self) -> list[Value]:
        """What its lines show."""
        return [curve.value for curve in self.curves]


def _last(snapshot: Snapshot) -> Sample:
    return snapshot.samples[-1] if snapshot.samples else Sample(snapshot.at)


def _said(*values: tuple[float, str, int | None]) -> Words:
    return [(at, f"{word} <b>{number}</b>") for at, word, number in values if number is not None]


def _newest_requests(snapshot: Snapshot) -> Words:
    """Write in the middle of each band: what is painted lies below what waits."""
    last = _last(snapshot)
    painting = last.generating or 0
    middle = painting + (last.waiting or 0) / 2
    return _said((painting / 2, "generating", last.generating), (middle, "waiting", last.waiting))


def _newest_workers(snapshot: Snapshot) -> Words:
    last = _last(snapshot)
    return _said((last.ready or 0, "ready", last.ready), (last.wanted or 0, "wanted", last.wanted))


def _newest_nodes(snapshot: Snapshot) -> Words:
    nodes = _last(snapshot).nodes
    return _said((nodes or 0, "ready", nodes))


def _newest_pictures(snapshot: Snapshot) -> Words:
    return _said((0, "total", snapshot.pictures_total))


_REQUESTS = (
    Curve("waiting or painting", requests, 1.6, "tint"),
    Curve("generating", lambda sample: sample.generating, 1, "solid"),
)
_WORKERS = (
    Curve("workers ready", lambda sample: sample.ready, 2, "tint"),
    Curve("workers wanted", lambda sample: sample.wanted, 1.3),
)
_NODES = (Curve("GPU nodes ready", lambda sample: sample.nodes, 2, "tint"),)

LANES = {
    "requests": Lane("requests", "Requests", _REQUESTS, _newest_requests),
    "workers": Lane("workers", "Workers", _WORKERS, _newest_workers),
    "nodes": Lane("nodes", "GPU nodes", _NODES, _newest_nodes),
    "pictures": Lane("pictures", "Pictures", (), _newest_pictures),
}
