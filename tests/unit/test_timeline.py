"""The timeline's figure, as a pure function of a snapshot."""

import subprocess
import sys
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.domain.snapshot import Annotation, Sample, Snapshot
from dashboard.presentation.timeline.figure import alt_text, draw
from dashboard.presentation.timeline.layout import share_height
from dashboard.presentation.timeline.marks import captions, moment_lines, newest
from dashboard.presentation.timeline.series import Window, bars, line, nice_top, unknown

NOW = 1_800_000_000.0
WINDOW = Window(NOW, 120)


def _samples(*values: int | None, start: float = NOW - 10) -> list[Sample]:
    return [Sample(start + index, ready=value) for index, value in enumerate(values)]


def _ready(sample: Sample) -> int | None:
    return sample.ready


def _snapshot(samples: tuple[Sample, ...] = (), lanes=("requests", "workers", "pictures")):
    return Snapshot(NOW, "laptop", lanes, samples=samples, pictures_total=3)


def test_first_drawing_meets_libraries_that_are_whole():
    """Sessions that open while the dashboard starts find pandas loaded, never half of it."""
    loaded = "import sys, dashboard.presentation.timeline.layout; print('pandas' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True)
    assert printed.stdout.strip() == "True", printed.stderr


def test_line_ends_where_nothing_is_known():
    """An unknown stretch is a gap between two lines, never a zero and never a bridge."""
    runs = line(_samples(1, 1, None, None, 2), WINDOW, _ready)
    assert [[number for _, number in run] for run in runs] == [[1, 1], [2, 2]]
    assert runs[0][-1][0] == NOW - 9
    assert runs[1][-1] == (NOW, 2)


def test_line_ends_where_the_dashboard_slept():
    """Samples that are far apart are not joined: nobody looked in between."""
    early = _samples(1, 1, start=NOW - 100)
    runs = line([*early, *_samples(3)], WINDOW, _ready)
    assert [[number for _, number in run] for run in runs] == [[1, 1], [3, 3]]


def test_short_burst_is_seen_at_every_range():
    """A value that lasted a second is drawn in the hour's range too."""
    samples = [Sample(NOW - 600 + index, ready=0) for index in range(600)]
    samples[300] = replace(samples[300], ready=7)
    runs = line(samples, Window(NOW, 3600), _ready)
    assert max(number for _, number in runs[0]) == 7


def test_points_keep_their_places_as_time_goes_on():
    """A later look at the same samples puts them at the same times: nothing jitters."""
    samples = [Sample(NOW - 50 + index, ready=index % 3) for index in range(50)]
    [first] = line(samples, Window(NOW, 600), _ready)
    [second] = line(samples, Window(NOW + 1.3, 600), _ready)
    assert first[:-1] == second[:-1]


@given(st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=60))
def test_known_and_unknown_cover_all_samples(values: list[int | None]):
    """Whatever the readings are, each is either on a line or in an unknown stretch."""
    samples = _samples(*values, start=NOW - 70)
    on_lines = sum(len(run) for run in line(samples, WINDOW, _ready))
    known = [sample for sample in samples if sample.ready is not None]
    closing = 1 if values and values[-1] is not None else 0
    assert on_lines == len(known) + closing
    stretches = unknown(samples, WINDOW, _ready)
    for sample in samples:
        inside = any(start <= sample.at < end for start, end in stretches)
        assert inside == (sample.ready is None)


def test_bars_count_every_picture_once():
    """The sum of the bars is the sum of the samples in the window."""
    samples = [Sample(NOW - 100 + index, pictures=index % 4) for index in range(100)]
    assert sum(number for _, number in bars(samples, WINDOW)) == sum(
        sample.pictures for sample in samples
    )


def test_times_are_those_of_the_viewers_clock():
    """The axis shows the viewer's time of day, summer time included."""
    berlin = Window(1_784_548_800.0, 120, ZoneInfo("Europe/Berlin"))  # 20 July 2026, 12:00 UTC
    assert berlin.x(berlin.end) == (berlin.end + 2 * 3600) * 1000


@pytest.mark.parametrize(
    ("number", "top"), [(0, 4), (4, 4), (5, 6), (21, 25), (31, 40), (999, 1000)]
)
def test_axis_tops_read_well(number: int, top: int):
    """A lane ends at a round number that is not below its highest value."""
    assert nice_top(number) == top


@given(st.floats(0, 8), st.floats(0, 8))
def test_newest_values_never_overlap(first: float, second: float):
    """Two values beside a lane stand a line's height apart, and above its floor."""
    [where] = share_height([8])
    low, high = newest([(first, "a"), (second, "b")], where, "red")
    height = [where.pixels(mark["y"]) + mark["yshift"] for mark in (low, high)]
    assert height[1] - height[0] >= 12
    assert height[0] >= 12 / 2


def test_moments_that_collide_give_way_to_the_newest():
    """Captions never overlap: the newest stays, and an older one keeps its line only."""
    moments = [
        Annotation(NOW - 30, "workers", "back to zero"),
        Annotation(NOW - 26, "workers", "0 → 1"),
    ]
    places = {"workers": share_height([8])[0]}
    assert [mark["text"] for mark in captions(moments, WINDOW, places)] == ["0 → 1"]
    assert len(moment_lines(moments, WINDOW)) == 2


def test_moments_of_lanes_that_are_not_there_are_not_named():
    """A moment of the GPU nodes has no caption where this mode knows no nodes."""
    moments = [Annotation(NOW - 30, "nodes", "node joined")]
    assert captions(moments, WINDOW, {"workers": share_height([8])[0]}) == []


@pytest.mark.parametrize(
    "lanes",
    [(), ("requests",), ("requests", "pictures"), ("requests", "workers", "nodes", "pictures")],
)
def test_figure_has_the_lanes_of_its_mode(lanes: tuple[str, ...]):
    """Only lanes that the mode knows are drawn, and they share the whole height."""
    figure = draw(_snapshot(lanes=lanes), 600)
    axes = [
        axis for axis in figure.layout if axis.startswith("yaxis") and figure.layout[axis].domain
    ]
    assert len(axes) == len(lanes)
    titles = [note.text for note in figure.layout.annotations if "<b>" in note.text]
    assert sum(note.startswith(("<b>R", "<b>W", "<b>G", "<b>P")) for note in titles) == len(lanes)


def test_figure_without_readings_claims_nothing():
    """With no sample there is no line, and the values are not zero but not read."""
    figure = draw(_snapshot(lanes=("requests", "workers")), 600)
    assert list(figure.data) == []
    texts = [note.text for note in figure.layout.annotations]
    assert texts.count("no reading") == 2
    assert "unknown" in alt_text(_snapshot())


def test_figure_says_where_it_has_no_reading():
    """An unknown stretch is shaded in its lane, and named where the words have room."""
    samples = tuple(Sample(NOW - 100 + index, waiting=0, generating=0) for index in range(100))
    figure = draw(_snapshot(samples, ("requests", "workers")), 120)
    shades = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(shades) == 1
    assert "no<br>reading" in [note.text for note in figure.layout.annotations]


def test_figure_leaves_its_colours_to_the_page():
    """Every colour is a custom property, so that one figure serves light and dark."""
    samples = tuple(Sample(NOW - 9 + index, 1, 1, 2, 1, 1, 1) for index in range(9))
    text = draw(_snapshot(samples), 120).to_json()
    assert "var(--requests-tint)" in text
    assert '"#' not in text


def test_snapshot_is_drawn_once_for_all_sessions():
    """Sessions that look at one snapshot share its drawing; the next snapshot gets its own."""
    drawn = []
    draw = snapshot_cache(lambda snapshot, span: drawn.append((snapshot.at, span)))
    first = _snapshot()
    second = replace(first, at=NOW + 1)
    for snapshot, span in ((first, 1), (first, 1), (first, 2), (second, 1), (first, 1)):
        draw(snapshot, span)
    assert drawn == [(NOW, 1), (NOW, 2), (NOW + 1, 1)]
