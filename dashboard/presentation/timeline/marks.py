"""What is written on the timeline: titles, newest values, moments, unknown stretches.

Text never lies over a line: titles and captions have each lane's headroom, the newest
values stand right of the plot.
"""

from collections.abc import Iterable, Sequence

from dashboard.domain.snapshot import Annotation
from dashboard.presentation.timeline.lanes import Lane, Words
from dashboard.presentation.timeline.layout import FONT, SMALL, Place
from dashboard.presentation.timeline.series import Window

Mark = dict[str, object]
Stretches = Sequence[tuple[float, float]]

CAPTION = "caption"
"""Annotations of this name are left out where the chart is narrow."""

_PLOT_WIDTH = 880
"""Pixels, roughly; captions are spaced for it."""
_LETTER = 0.56 * SMALL
_TITLE_SHARE = 0.14
_SAME_LINE = 10 / _PLOT_WIDTH
_INK, _MUTED, _CARD = "var(--ink)", "var(--muted)", "var(--card)"


def title(lane: Lane, where: Place, window: Window) -> Mark:
    """Write a lane's name at its upper left, and its unit where that is not obvious."""
    unit = f" each {window.bar:.0f} s" if lane.name == "pictures" else ""
    return _text(f"<b>{lane.title}</b>{unit}", FONT, _INK) | {
        "x": 0,
        "y": where.top,
        "yref": "paper",
        "xshift": 5,
        "yshift": 1,
        "yanchor": "top",
        "bgcolor": _CARD,
    }


def newest(words: Words, where: Place, colour: str) -> list[Mark]:
    """Write a lane's newest values beside their lines.

    Words rise where they would collide or fall below the lane's floor; of equal values
    the first stands below.
    """
    if not words:
        words, colour = [(0, "no reading")], _MUTED
    marks = []
    floor = FONT * 0.65
    for value, text in sorted(words, key=lambda pair: pair[0]):
        natural = where.pixels(value)
        height = max(natural, floor)
        floor = height + FONT * 1.3
        marks.append(
            _text(text, FONT, colour)
            | {"x": 1, "xshift": 7, "yref": where.axis, "y": value, "yanchor": "middle"}
            | {"yshift": height - natural}
        )
    return marks


def moment_lines(moments: Iterable[Annotation], window: Window) -> list[Mark]:
    """Draw a line across all lanes at each moment; close neighbours share one."""
    lines = []
    last = -1.0
    for moment in sorted(moments, key=lambda moment: moment.at):
        share = window.share(moment.at)
        if not 0 < share <= 1 or share - last <= _SAME_LINE:
            continue
        last = share
        x = window.x(moment.at)
        lines.append(
            {"type": "line", "xref": "x", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1}
            | {"line": {"color": "var(--moment)", "width": 1}, "layer": "below"}
        )
    return lines


def captions(moments: Iterable[Annotation], window: Window, places: dict[str, Place]) -> list[Mark]:
    """Name the moments in their lanes; where names collide, the newest stays."""
    marks = []
    taken = dict.fromkeys(places, 1.0)
    for moment in sorted(moments, key=lambda moment: -moment.at):
        share = window.share(moment.at)
        if moment.lane not in places or not _TITLE_SHARE < share <= 1:
            continue
        width = (len(moment.text) * _LETTER + 10) / _PLOT_WIDTH
        leftwards = taken[moment.lane] == 1.0 and share + width > 1
        if not leftwards and share + width > taken[moment.lane]:
            continue
        taken[moment.lane] = share - width if leftwards else share
        marks.append(_caption(moment, window, places[moment.lane], leftwards))
    return marks


def _caption(moment: Annotation, window: Window, where: Place, leftwards: bool) -> Mark:
    return _text(moment.text, SMALL, _MUTED) | {
        "name": CAPTION,
        "xref": "x",
        "x": window.x(moment.at),
        "xanchor": "right" if leftwards else "left",
        "xshift": -4 if leftwards else 4,
        "yref": "paper",
        "y": where.top,
        "yanchor": "top",
        "yshift": 1,
        "bgcolor": _CARD,
    }


def unknown_areas(stretches: Stretches, window: Window, where: Place) -> list[Mark]:
    """Shade what is unknown."""
    return [
        {"type": "rect", "xref": "x", "x0": window.x(start), "x1": window.x(end)}
        | {"yref": "paper", "y0": where.bottom, "y1": where.full}
        | {"fillcolor": "var(--unknown)", "line": {"width": 0}, "layer": "below"}
        for start, end in stretches
    ]


def unknown_words(stretches: Stretches, window: Window, where: Place) -> list[Mark]:
    """Say that it is unknown, where the words have room."""
    room = 60 / _PLOT_WIDTH * window.span
    return [
        _no_reading((start + end) / 2, window, where)
        for start, end in stretches
        if end - start > room
    ]


def _no_reading(middle: float, window: Window, where: Place) -> Mark:
    return _text("no<br>reading", SMALL - 1, _MUTED) | {
        "name": CAPTION,
        "xref": "x",
        "x": window.x(middle),
        "xanchor": "center",
        "yref": "paper",
        "y": (where.bottom + where.full) / 2,
        "yanchor": "middle",
    }


def _text(text: str, size: int, colour: str) -> Mark:
    return {
        "text": text,
        "showarrow": False,
        "font": {"size": size, "color": colour},
        "xref": "paper",
        "xanchor": "left",
        "borderpad": 1,
    }
