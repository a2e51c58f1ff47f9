"""Draw the timeline of a session as inline SVG, with the lanes of the live chart.

Colors are the page's custom properties, so that one drawing serves light, dark and paper.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from markupsafe import Markup

from dashboard.domain.snapshot import Annotation, Sample
from dashboard.presentation import formatting
from dashboard.presentation.templates import render
from dashboard.presentation.timeline.lanes import LANES, Lane
from dashboard.presentation.timeline.series import (
    Point,
    Window,
    bars,
    highest,
    line,
    nice_top,
    unknown,
    within,
)
from dashboard.recordings.report.figures import Session

WIDTH, LANE_HEIGHT, GAP, LEFT, AXIS_HEIGHT = 960, 84, 12, 34, 20
"""SVG units: the usual width, a lane's height, and the room between and around lanes."""
_HEADROOM = 0.34
"""The share of a lane above its tick: room for title and captions."""
_LETTER_WIDTH = 6.2
_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """Maps times to SVG units."""

    window: Window
    width: int
    """Of the whole drawing."""

    def x(self, at: float) -> float:
        """Return the x coordinate of a time, within the drawing."""
        return LEFT + min(1.0, max(0.0, self.window.share(at))) * (self.width - LEFT)


@dataclass(frozen=True)
class Scale:
    """Maps times and values of one lane to SVG units."""

    axis: Axis
    top: int
    """The value at the lane's tick."""
    bottom: int
    """The y coordinate of 0."""

    @property
    def full(self) -> float:
        """Return the y coordinate of the tick."""
        return self.bottom - LANE_HEIGHT * (1 - _HEADROOM)

    def x(self, at: float) -> float:
        """Return the x coordinate of a time, within the drawing."""
        return self.axis.x(at)

    def y(self, value: float) -> float:
        """Return the y coordinate of a value."""
        return self.bottom - value * (self.bottom - self.full) / self.top


@dataclass(frozen=True)
class Band:
    """A run of a curve: a line of steps and the area below it, as SVG paths."""

    form: str
    """``tint``, ``solid`` or ``dashes``."""
    line: str
    area: str


@dataclass(frozen=True)
class Rect:
    """A rectangle, in SVG units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Caption:
    """The text of an annotation."""

    x: float
    text: str


@dataclass(frozen=True)
class LaneDrawing:
    """Everything that is drawn of a lane."""

    name: str
    title: str
    scale: Scale
    captions: list[Caption]
    unknown: list[Rect]
    bands: list[Band]
    bars: list[Rect]


def draw(session: Session, zone: tzinfo | None = None, width: int = WIDTH) -> Markup:
    """Draw the lanes of the session's mode; texts have the same size at any width."""
    window = Window(session.end, max(1.0, session.end - session.start), zone)
    axis = Axis(window, width)
    lanes = [LANES[name] for name in session.snapshot.lanes if name in LANES]
    samples = within(session.samples, window)
    return render(
        "recordings/report/timeline.html",
        width=width,
        height=len(lanes) * (LANE_HEIGHT + GAP) + AXIS_HEIGHT,
        left=LEFT,
        lane_height=LANE_HEIGHT,
        title=f"{', '.join(lane.title for lane in lanes)} over time",
        lanes=[
            _draw_lane(lane, index, samples, session.annotations, axis)
            for index, lane in enumerate(lanes)
        ],
        ticks=list(_ticks(axis)),
    )


def _draw_lane(
    lane: Lane,
    index: int,
    samples: Sequence[Sample],
    annotations: Sequence[Annotation],
    axis: Axis,
) -> LaneDrawing:
    window = axis.window
    columns = bars(samples, window) if lane.name == "pictures" else []
    highest_value = max(highest(samples, *lane.values), *(number for _, number in columns), 1)
    top = lane.top or nice_top(highest_value)
    scale = Scale(axis, top, (index + 1) * (LANE_HEIGHT + GAP) - GAP)
    spans = unknown(samples, window, lane.curves[0].value) if lane.curves else []
    return LaneDrawing(
        name=lane.name,
        title=lane.title,
        scale=scale,
        captions=list(_captions(lane, annotations, axis)),
        unknown=[_unknown(start, end, scale) for start, end in spans],
        bands=[
            _band(run, curve.fill or "dashes", scale)
            for curve in lane.curves
            for run in line(samples, window, curve.value)
        ],
        bars=[_bar(at, count, scale) for at, count in columns],
    )


def _captions(lane: Lane, annotations: Sequence[Annotation], axis: Axis) -> Iterator[Caption]:
    """Yield the captions of a lane; where they would overlap, the first is kept."""
    free = LEFT + len(lane.title) * _LETTER_WIDTH * 1.4 + 8
    for annotation in annotations:
        x, width = axis.x(annotation.at), len(annotation.text) * _LETTER_WIDTH
        if annotation.lane == lane.name and x >= free and x + width <= axis.width:
            free = x + width + 12
            yield Caption(x, annotation.text)


def _unknown(start: float, end: float, scale: Scale) -> Rect:
    left, right = scale.x(start), scale.x(end)
    return Rect(left, scale.full, right - left, scale.bottom - scale.full)


def _band(run: Sequence[Point], form: str, scale: Scale) -> Band:
    left, right = scale.x(run[0][0]), scale.x(run[-1][0])
    steps = "".join(f"H{scale.x(at):.1f}V{scale.y(value):.1f}" for at, value in run[1:])
    path = f"M{left:.1f} {scale.y(run[0][1]):.1f}{steps}"
    return Band(form, path, f"{path}L{right:.1f} {scale.bottom}L{left:.1f} {scale.bottom}Z")


def _bar(at: float, count: int, scale: Scale) -> Rect:
    axis = scale.axis
    width = max(2.0, axis.window.bar / axis.window.length * (axis.width - LEFT) - 2)
    y = scale.y(count)
    return Rect(scale.x(at) - width / 2, y, width, scale.bottom - y)


def _ticks(axis: Axis) -> Iterator[tuple[float, str, str]]:
    """Yield x coordinate, text anchor and text of each tick of the time axis."""
    window = axis.window
    for n in range(_TICKS):
        at = window.start + window.length * n / (_TICKS - 1)
        anchor = "start" if n == 0 else "end" if n == _TICKS - 1 else "middle"
        yield axis.x(at), anchor, formatting.clock(at, window.zone)
