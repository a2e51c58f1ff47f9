"""From samples to what the timeline draws: buckets of time, runs of known values."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property

from dashboard.domain.snapshot import Sample

Value = Callable[[Sample], int | None]
Point = tuple[float, int]

BUCKETS = 300
"""Points per line: one for every three pixels of a wide chart is all that anyone sees."""

BARS = 60
_HOLE = 10.0
"""Seconds without a sample (the dashboard slept or was restarted) that make a gap."""


@dataclass(frozen=True)
class Window:
    """The stretch of time that the chart shows, on the viewer's clock."""

    end: float
    span: float
    zone: tzinfo | None = None

    @property
    def start(self) -> float:
        """The left edge, in Unix seconds."""
        return self.end - self.span

    @property
    def bucket(self) -> float:
        """Seconds that one point of a line stands for."""
        return max(1.0, self.span / BUCKETS)

    @property
    def bar(self) -> float:
        """Seconds that one bar stands for."""
        return max(2.0, self.span / BARS)

    @cached_property
    def _offset(self) -> float:
        local = datetime.fromtimestamp(self.end, self.zone).astimezone(self.zone)
        return local.utcoffset().total_seconds()

    def x(self, at: float) -> float:
        """Place a moment on the axis: Plotly's milliseconds know no time zone."""
        return (at + self._offset) * 1000

    def share(self, at: float) -> float:
        """Place a moment between 0 (left edge) and 1 (right edge)."""
        return (at - self.start) / self.span


def within(samples: Sequence[Sample], window: Window) -> Sequence[Sample]:
    """Cut the samples to the window, keeping one before it so that lines reach its edge."""
    first = bisect_left(samples, window.start, key=lambda sample: sample.at)
    return samples[max(0, first - 1) :]


def line(samples: Sequence[Sample], window: Window, value: Value) -> list[list[Point]]:
    """Make the runs of a line: each ends where the value is unknown.

    A bucket shows the highest of its values, so that no short burst falls between two
    points. Buckets lie at fixed times, so that points keep their places as time goes on.
    """
    runs: list[list[Point]] = []
    previous = None
    for sample in samples:
        number = value(sample)
        if number is None:
            previous = None
            continue
        if previous is None or sample.at - previous > max(_HOLE, 2 * window.bucket):
            runs.append([])
        _add(runs[-1], _floor(sample.at, window.bucket), number)
        previous = sample.at
    if previous is not None:
        runs[-1].append((window.end, value(samples[-1])))
    return runs


def _add(run: list[Point], at: float, number: int) -> None:
    if run and run[-1][0] == at:
        run[-1] = (at, max(run[-1][1], number))
    else:
        run.append((at, number))


def unknown(samples: Sequence[Sample], window: Window, value: Value) -> list[tuple[float, float]]:
    """Find the stretches for which a source was asked and did not answer."""
    stretches: list[tuple[float, float]] = []
    began = None
    for sample in samples:
        if value(sample) is None:
            began = sample.at if began is None else began
        elif began is not None:
            stretches.append((max(began, window.start), sample.at))
            began = None
    if began is not None:
        stretches.append((max(began, window.start), window.end))
    return [(start, end) for start, end in stretches if end > window.start]


def bars(samples: Sequence[Sample], window: Window) -> list[Point]:
    """Sum the pictures of each bar; a bar's place is its middle."""
    sums: dict[float, int] = {}
    for sample in samples:
        if sample.pictures and sample.at > window.start:
            at = _floor(sample.at, window.bar)
            sums[at] = sums.get(at, 0) + sample.pictures
    return [(at + window.bar / 2, number) for at, number in sums.items()]


def _floor(at: float, width: float) -> float:
    return math.floor(at / width) * width


def nice_top(number: float) -> int:
    """Round a lane's highest value up to one that reads well on an axis."""
    scale = 1
    while True:
        for step in (4, 6, 8, 10, 12, 16, 20, 25, 30):
            if step * scale >= number:
                return step * scale
        scale *= 10


def requests(sample: Sample) -> int | None:
    """Jobs that wait or are painted; the waiting alone where only they are known."""
    return None if sample.waiting is None else sample.waiting + (sample.generating or 0)


def highest(samples: Sequence[Sample], *values: Value) -> int:
    """Find the highest known value of some measures."""
    known = (value(sample) for sample in samples for value in values)
    return max((number for number in known if number is not None), default=0)
