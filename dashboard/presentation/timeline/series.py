"""Turn samples into series: time buckets, runs of known values, unknown spans."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property

from dashboard.domain.snapshot import Sample

Value = Callable[[Sample], int | None]
Point = tuple[float, int]

BUCKETS = 300
"""Points of a line: one for every three pixels of a wide chart."""
BARS = 60
_GAP_SECONDS = 10.0
"""Time without a sample that interrupts a line: the dashboard was suspended or restarted."""
_MIN_SECONDS = 10.0
"""Shortest time axis."""
AHEAD_SECONDS = 30.0
"""How far a figure is drawn beyond its end, so that its time axis alone can move."""
_AHEAD_STEP_SECONDS = 5.0
"""Close enough for a pointer near the axis's end to find a point."""


@dataclass(frozen=True)
class Window:
    """The time axis, in the viewer's zone."""

    end: float
    """Unix seconds."""
    span: float
    """Seconds that the axis covers at most; buckets and bars are sized for them."""
    zone: tzinfo | None = None
    first: float = 0.0
    """Unix seconds of the oldest sample: the axis begins no earlier, so it is never half empty."""

    @cached_property
    def start(self) -> float:
        """The left edge, in Unix seconds."""
        return max(self.end - self.span, min(self.first, self.end - _MIN_SECONDS))

    @property
    def length(self) -> float:
        """Seconds from edge to edge."""
        return self.end - self.start

    @property
    def bucket(self) -> float:
        """Seconds per point of a line."""
        return max(1.0, self.span / BUCKETS)

    @property
    def bar(self) -> float:
        """Seconds per bar."""
        return max(2.0, self.span / BARS)

    @property
    def longest_pause(self) -> float:
        """Seconds between two samples after which a line is interrupted."""
        return max(_GAP_SECONDS, 2 * self.bucket)

    @cached_property
    def _offset(self) -> float:
        local = datetime.fromtimestamp(self.end, self.zone).astimezone(self.zone)
        return (local.utcoffset() or timedelta()).total_seconds()

    def x(self, at: float) -> float:
        """Return the axis value of a time: Plotly's milliseconds have no time zone."""
        return (at + self._offset) * 1000

    def share(self, at: float) -> float:
        """Return the position of a time between 0 (left edge) and 1 (right edge)."""
        return (at - self.start) / self.length


def within(samples: Sequence[Sample], window: Window) -> Sequence[Sample]:
    """Select the samples of the window, and the one before it so that lines reach its edge."""
    first = bisect_left(samples, window.start, key=lambda sample: sample.at)
    return samples[max(0, first - 1) :]


def line(samples: Sequence[Sample], window: Window, value: Value) -> list[list[Point]]:
    """Return the runs of a line; a run ends where the value is unknown.

    A bucket has the highest of its values, so that a short burst stays visible. Buckets
    begin at fixed times, so that points do not move from one update to the next.
    """
    runs: list[list[Point]] = []
    previous = latest = None
    for sample in samples:
        number = value(sample)
        if number is None:
            previous = None
            continue
        if previous is None or sample.at - previous > window.longest_pause:
            runs.append([])
        _add(runs[-1], _floor(sample.at, window.bucket), number)
        previous, latest = sample.at, number
    if previous is not None and latest is not None:
        runs[-1].append((window.end, latest))
    return runs


def _add(run: list[Point], at: float, number: int) -> None:
    if run and run[-1][0] == at:
        run[-1] = (at, max(run[-1][1], number))
    else:
        run.append((at, number))


def unknown(samples: Sequence[Sample], window: Window, value: Value) -> list[tuple[float, float]]:
    """Return the start and end of each span in which a source was read and did not answer."""
    spans: list[tuple[float, float]] = []
    began = None
    for sample in samples:
        if value(sample) is None:
            began = sample.at if began is None else began
        elif began is not None:
            spans.append((max(began, window.start), sample.at))
            began = None
    if began is not None:
        spans.append((max(began, window.start), window.end))
    return [(start, end) for start, end in spans if end > window.start]


def run_ahead(run: list[Point], window: Window) -> list[Point]:
    """Continue a run that reaches the window's end."""
    if not run or run[-1][0] != window.end:
        return run
    steps = range(1, int(AHEAD_SECONDS / _AHEAD_STEP_SECONDS) + 1)
    return run + [(window.end + step * _AHEAD_STEP_SECONDS, run[-1][1]) for step in steps]


def span_ahead(span: tuple[float, float], window: Window) -> tuple[float, float]:
    """Continue a span that reaches the window's end."""
    start, end = span
    return (start, end + AHEAD_SECONDS) if end == window.end else span


def bars(samples: Sequence[Sample], window: Window) -> list[Point]:
    """Sum the pictures of each bar; a bar is placed at its middle."""
    sums: dict[float, int] = {}
    for sample in samples:
        if sample.pictures and sample.at > window.start:
            at = _floor(sample.at, window.bar)
            sums[at] = sums.get(at, 0) + sample.pictures
    return [(at + window.bar / 2, number) for at, number in sums.items()]


def _floor(at: float, width: float) -> float:
    return math.floor(at / width) * width


def nice_top(number: float) -> int:
    """Round a lane's highest value up to the value of its only tick."""
    scale = 1
    while True:
        for step in (4, 6, 8, 10, 12, 16, 20, 25, 30):
            if step * scale >= number:
                return step * scale
        scale *= 10


def requests(sample: Sample) -> int | None:
    """Return the jobs that wait or are in progress; waiting ones only if no more is known."""
    return None if sample.waiting is None else sample.waiting + (sample.generating or 0)


def highest(samples: Sequence[Sample], *values: Value) -> int:
    """Return the highest known value of some measures, or 0."""
    known = (value(sample) for sample in samples for value in values)
    return max((number for number in known if number is not None), default=0)
