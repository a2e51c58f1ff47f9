"""The timeline of a session as inline SVG: the lanes of the live chart, standing still.

Colours are the page's custom properties, so that one drawing serves light, dark and paper.
"""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from html import escape

from dashboard.domain.snapshot import Annotation, Sample
from dashboard.presentation import formatting
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

WIDTH, LANE, GAP, LEFT, AXIS = 960, 84, 12, 34, 20
"""Units of the drawing: its width, a lane's height, and the room between and around."""
_HEADROOM = 0.34
"""The share of a lane above its highest tick: room for title and captions."""
_LETTER = 6.2
_TICKS = 6


def draw(session: Session, zone: tzinfo | None = None) -> str:
    """Draw all lanes that the session's mode knows."""
    window = Window(session.end, max(1.0, session.end - session.start), zone)
    lanes = [LANES[name] for name in session.snapshot.lanes if name in LANES]
    samples = within(session.samples, window)
    height = len(lanes) * (LANE + GAP) + AXIS
    parts = [
        part for n, lane in enumerate(lanes) for part in _lane(lane, n, samples, session, window)
    ]
    title = f"{', '.join(lane.title for lane in lanes)} over time"
    return (
        f"<svg viewBox='0 0 {WIDTH} {height}' role='img' aria-label='{escape(title)}'>"
        f"{''.join(parts)}{''.join(_axis(window, height))}</svg>"
    )


def _x(at: float, window: Window) -> float:
    return LEFT + min(1.0, max(0.0, window.share(at))) * (WIDTH - LEFT)


def _lane(
    lane: Lane, number: int, samples: Sequence[Sample], session: Session, window: Window
) -> Iterator[str]:
    floor = (number + 1) * (LANE + GAP) - GAP
    columns = bars(samples, window) if lane.name == "pictures" else []
    top = nice_top(max(highest(samples, *lane.values), *(n for _, n in columns), 1))
    full = floor - LANE * (1 - _HEADROOM)
    yield f"<line class='grid' x1='{LEFT}' x2='{WIDTH}' y1='{full:.1f}' y2='{full:.1f}'/>"
    yield f"<line class='floor' x1='{LEFT}' x2='{WIDTH}' y1='{floor}' y2='{floor}'/>"
    yield f"<text class='tick' x='{LEFT - 6}' y='{full + 4:.1f}'>{top}</text>"
    yield f"<text class='lane' x='{LEFT}' y='{floor - LANE + 12}'>{escape(lane.title)}</text>"
    yield from _captions(lane, session.annotations, floor, window)
    scale = (floor - full) / top
    if lane.curves:
        for start, end in unknown(samples, window, lane.curves[0].value):
            yield _unknown(_x(start, window), _x(end, window), full, floor)
    for curve in lane.curves:
        for run in line(samples, window, curve.value):
            yield _run(run, window, floor, scale, f"{lane.name} {curve.fill or 'dashes'}")
    for at, count in columns:
        yield _bar(at, count, window, floor, scale)


def _unknown(left: float, right: float, top: float, floor: float) -> str:
    return (
        f"<rect class='unknown' x='{left:.1f}' y='{top:.1f}' width='{right - left:.1f}' "
        f"height='{floor - top:.1f}'><title>no reading</title></rect>"
    )


def _run(run: Sequence[Point], window: Window, floor: float, scale: float, kind: str) -> str:
    """Draw a line of steps, and what is below it."""
    x, path = _x(run[0][0], window), []
    path.append(f"M{x:.1f} {floor - run[0][1] * scale:.1f}")
    path += [f"H{_x(at, window):.1f}V{floor - number * scale:.1f}" for at, number in run[1:]]
    steps, right = "".join(path), _x(run[-1][0], window)
    area = f"<path class='area' d='{steps}L{right:.1f} {floor}L{x:.1f} {floor}Z'/>"
    return f"<g class='{kind}'>{area}<path class='line' d='{steps}'/></g>"


def _bar(at: float, count: int, window: Window, floor: float, scale: float) -> str:
    width = max(2.0, window.bar / window.length * (WIDTH - LEFT) - 2)
    height = count * scale
    return (
        f"<rect class='pictures bar' x='{_x(at, window) - width / 2:.1f}' "
        f"y='{floor - height:.1f}' width='{width:.1f}' height='{height:.1f}'/>"
    )


def _captions(
    lane: Lane, moments: Sequence[Annotation], floor: float, window: Window
) -> Iterator[str]:
    """Name the moments of a lane; where names collide, the first stays."""
    free = LEFT + len(lane.title) * _LETTER * 1.4 + 8
    for moment in moments:
        x = _x(moment.at, window)
        if moment.lane != lane.name or x < free or x + len(moment.text) * _LETTER > WIDTH:
            continue
        free = x + len(moment.text) * _LETTER + 12
        top = floor - LANE
        yield f"<line class='moment' x1='{x:.1f}' x2='{x:.1f}' y1='{top}' y2='{floor}'/>"
        yield f"<text class='caption' x='{x + 4:.1f}' y='{top + 12}'>{escape(moment.text)}</text>"


def _axis(window: Window, height: int) -> Iterator[str]:
    for n in range(_TICKS):
        at = window.start + window.length * n / (_TICKS - 1)
        anchor = "start" if n == 0 else "end" if n == _TICKS - 1 else "middle"
        text = formatting.clock(at, window.zone)
        yield (
            f"<text class='time' x='{_x(at, window):.1f}' y='{height - 5}' "
            f"text-anchor='{anchor}'>{text}</text>"
        )
