"""Whether the chart's figure has to be drawn again, or only its time axis moves."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.components.timeline import live_plot
from dashboard.domain.fleet import FleetReading, Scaler
from dashboard.domain.snapshot import Annotation, Reading, Sample, Snapshot
from dashboard.presentation.timeline.figure import draw
from dashboard.presentation.timeline.layout import PLOT_HEIGHT
from dashboard.presentation.timeline.moving import can_move
from dashboard.presentation.timeline.series import AHEAD_SECONDS

NOW = 1_800_000_000.0
SCALER = Scaler("ScaledObject", "rabbitmq", 3, 2.0, 0, 4, 5, 120)
IDLE = Sample(NOW, waiting=0, generating=0, wanted=1, ready=1, pictures=0)


def _snapshot(seconds: float, **fields: object) -> Snapshot:
    """Return an idle fleet some seconds after the figure was drawn."""
    times = [NOW - 20 + 2 * step for step in range(10 + int(max(0.0, seconds)) // 2)]
    samples = tuple(replace(IDLE, at=at) for at in (*times, NOW + seconds))
    lanes = ("requests", "workers", "pictures")
    return Snapshot(NOW + seconds, "laptop", lanes, samples=samples, pictures_stored=3, **fields)


def _with_newest(seconds: float, **values: int | None) -> Snapshot:
    snapshot = _snapshot(seconds)
    *others, newest = snapshot.samples
    return replace(snapshot, samples=(*others, replace(newest, **values)))


def _after_burst() -> Snapshot:
    """Return a snapshot whose newest values are as before, but not those in between."""
    *others, newest = _snapshot(1).samples
    burst = replace(newest, at=NOW + 0.5, waiting=2)
    return replace(_snapshot(1), samples=(*others, burst, newest))


DRAWN = _snapshot(0)


@pytest.mark.parametrize("seconds", [0, 0.5, 7, AHEAD_SECONDS])
def test_idle_figure_is_drawn_once(seconds: float):
    """While nothing changes, the figure is not made or sent again; its axis moves."""
    assert can_move(DRAWN, _snapshot(seconds), 120)
    view = (120, None, None, PLOT_HEIGHT)
    assert live_plot._figure(DRAWN, *view) is live_plot._figure(_snapshot(seconds), *view)


@pytest.mark.parametrize("view", [(120, None, "workers", PLOT_HEIGHT), (120, None, None, 150)])
def test_each_view_has_its_own_figure(view: tuple):
    """A scene's focus or a lower plot never shows the figure of another view."""
    usual = live_plot._figure(DRAWN, 120, None, None, PLOT_HEIGHT)
    assert live_plot._figure(DRAWN, *view) is not usual


@pytest.mark.parametrize(
    "newest",
    [
        _snapshot(-1),
        _snapshot(AHEAD_SECONDS + 0.1),
        _with_newest(1, waiting=1),
        _with_newest(1, generating=None),
        _with_newest(1, pictures=1),
        _snapshot(1, annotations=(Annotation(NOW, "requests", "burst of 5"),)),
        replace(_snapshot(1), pictures_stored=2),
        replace(_snapshot(1), lanes=("requests", "pictures")),
        replace(_snapshot(1), samples=()),
        _after_burst(),
        replace(_snapshot(1), samples=tuple(replace(IDLE, at=NOW + at) for at in (-9, -7, 1))),
        _snapshot(1, fleet=Reading(FleetReading(SCALER, 1, 1, (), None), NOW)),
    ],
    ids=[
        "earlier",
        "drawn too long ago",
        "a value",
        "unknown",
        "a picture",
        "an annotation",
        "pictures deleted",
        "lanes",
        "no samples",
        "a short burst",
        "another recording",
        "the scaler",
    ],
)
def test_changed_figure_is_drawn_again(newest: Snapshot):
    """A figure never shows anything but the newest values, not for one second."""
    assert not can_move(DRAWN, newest, 120)


def test_line_is_interrupted_after_a_suspension():
    """Time without samples is a gap at once, not a line that goes on until the next figure."""
    woken = replace(_snapshot(20), samples=(*DRAWN.samples, replace(IDLE, at=NOW + 20)))
    assert not can_move(DRAWN, woken, 120)
    assert can_move(DRAWN, woken, 3600)  # where a point of the line stands for 12 s


def test_change_to_summer_time_is_drawn_again():
    """The axis of the new time never moves over a figure of the old one."""
    change = datetime(2027, 3, 28, 1, tzinfo=UTC).timestamp() - NOW
    drawn, newest = (_at(change + seconds) for seconds in (-1, 1))
    assert can_move(drawn, newest, 120)
    assert not can_move(drawn, newest, 120, ZoneInfo("Europe/Berlin"))


def _at(seconds: float) -> Snapshot:
    """Return a snapshot of which all was read in its last seconds."""
    samples = tuple(replace(IDLE, at=NOW + seconds - ago) for ago in (8, 6, 4, 2, 0))
    return replace(DRAWN, at=NOW + seconds, samples=samples)


def test_caption_that_no_longer_fits_is_drawn_again():
    """A caption that the moving axis would bring over a lane's title is left out in time."""
    arrived = Annotation(NOW - 15, "requests", "1 sent")
    drawn, newest = (_snapshot(at, annotations=(arrived,)) for at in (0, 24))
    assert not can_move(drawn, newest, 40)


def test_lines_go_on_where_the_axis_moves():
    """Lines and unknown spans that reach the end have what a moved axis uncovers."""
    unknown = _with_newest(0, waiting=None, generating=None)
    for snapshot in (DRAWN, unknown):
        figure = draw(snapshot, 120)
        ends = [trace.x[-1] for trace in figure.data if trace.type == "scatter"]
        ends += [shape.x1 for shape in figure.layout.shapes if shape.type == "rect"]
        assert ends.count((NOW + AHEAD_SECONDS) * 1000) >= 2
        assert figure.layout.xaxis.range[1] < (NOW + AHEAD_SECONDS) * 1000
