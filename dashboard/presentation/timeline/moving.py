"""Whether a figure can show a later snapshot by moving its time axis alone.

While nothing changes, its lines go on as they are: the figure has them for some time ahead.
"""

from bisect import bisect_right
from dataclasses import replace
from operator import attrgetter

from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.presentation.timeline import fault_marks, figure, marks
from dashboard.presentation.timeline.layout import tick_format
from dashboard.presentation.timeline.series import AHEAD_SECONDS


def can_move(drawn: Snapshot, newest: Snapshot, span: float) -> bool:
    """Return whether the figure of one snapshot shows a later one once its axis is moved."""
    return (
        0 <= newest.at - drawn.at <= AHEAD_SECONDS
        and _is_constant(drawn, newest)
        and _frame(drawn, span) == _frame(newest, span)
    )


def _is_constant(drawn: Snapshot, newest: Snapshot) -> bool:
    """Return whether all samples since one snapshot have its values, without new pictures."""
    if not drawn.samples or drawn.samples[-1].pictures:
        return False
    first = bisect_right(newest.samples, drawn.at, key=attrgetter("at"))
    values = _values(drawn.samples[-1])
    return all(_values(sample) == values for sample in newest.samples[first:])


def _values(sample: Sample) -> Sample:
    return replace(sample, at=0.0)


def _frame(snapshot: Snapshot, span: float) -> tuple[object, ...]:
    """Return all of a figure that does not follow from the samples since it was drawn."""
    window, lanes = figure.window_of(snapshot, span), figure.lanes_of(snapshot)
    fleet = snapshot.fleet.value if snapshot.fleet else None
    return (
        [(lane.name, lane.newest(snapshot)) for lane in lanes],
        figure.place(lanes, snapshot, window),
        marks.with_room(snapshot.annotations, window, lanes),
        [each for each in snapshot.annotations if fault_marks.is_new(each, window)],
        tick_format(window),
        fleet and fleet.scaler,
    )
