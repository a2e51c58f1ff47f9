"""Whether a figure can show a later snapshot by moving its time axis alone.

While nothing changes, its lines go on as they are: the figure has them for some time ahead.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from itertools import pairwise
from operator import attrgetter

from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.presentation.timeline import fault_marks, figure, marks
from dashboard.presentation.timeline.layout import tick_format
from dashboard.presentation.timeline.series import AHEAD_SECONDS, Window


def can_move(drawn: Snapshot, newest: Snapshot, span: float, zone: tzinfo | None = None) -> bool:
    """Return whether the figure of one snapshot shows a later one once its axis is moved."""
    window = figure.window_of(newest, span, zone)
    return (
        0 <= newest.at - drawn.at <= AHEAD_SECONDS
        and _is_constant(drawn, newest, window)
        and _frame(drawn, figure.window_of(drawn, span, zone)) == _frame(newest, window)
    )


def _is_constant(drawn: Snapshot, newest: Snapshot, window: Window) -> bool:
    """Return whether the samples since one snapshot go on with its values and no new pictures."""
    if not drawn.samples or drawn.samples[-1].pictures:
        return False
    first = bisect_right(newest.samples, drawn.at, key=attrgetter("at"))
    samples = (drawn.samples[-1], *newest.samples[first:])
    values = _values(drawn.samples[-1])
    return _is_drawn(drawn, newest.samples[:first]) and all(
        _values(sample) == values and sample.at - previous.at <= window.longest_pause
        for previous, sample in pairwise(samples)
    )


def _is_drawn(drawn: Snapshot, earlier: Sequence[Sample]) -> bool:
    """Return whether earlier samples are those of the figure, not of another recording."""
    if not earlier:
        return False
    index = bisect_left(drawn.samples, earlier[-1].at, key=attrgetter("at"))
    return drawn.samples[index : index + 1] == (earlier[-1],)


def _values(sample: Sample) -> Sample:
    return replace(sample, at=0.0)


def _frame(snapshot: Snapshot, window: Window) -> tuple[object, ...]:
    """Return all of a figure that does not follow from the samples since it was drawn."""
    lanes = figure.lanes_of(snapshot)
    fleet = snapshot.fleet.value if snapshot.fleet else None
    return (
        [(lane.name, lane.newest(snapshot)) for lane in lanes],
        figure.place(lanes, snapshot, window),
        marks.with_room(snapshot.annotations, window, lanes),
        [each for each in snapshot.annotations if fault_marks.is_new(each, window)],
        tick_format(window),
        window.x(0.0),  # differs once summer time begins or ends
        fleet and fleet.scaler,
    )
