"""The timeline's figure as a pure function of a snapshot."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.domain.fleet import FleetReading, Scaler
from dashboard.domain.snapshot import Annotation, Reading, Sample, Snapshot
from dashboard.presentation.timeline.figure import alt_text, draw
from dashboard.presentation.timeline.lanes import LANES
from dashboard.presentation.timeline.layout import layout, share_height
from dashboard.presentation.timeline.marks import newest, with_room
from dashboard.presentation.timeline.series import Window, bars, line, nice_top, unknown

NOW = 1_800_000_000.0
WINDOW = Window(NOW, 120)


def _samples(*values: int | None, start: float = NOW - 10) -> list[Sample]:
    return [Sample(start + index, ready=value) for index, value in enumerate(values)]


def _ready(sample: Sample) -> int | None:
    return sample.ready


def _snapshot(samples: tuple[Sample, ...] = (), lanes=("requests", "workers", "pictures")):
    return Snapshot(NOW, "laptop", lanes, samples=samples, pictures_stored=3)


def test_pandas_is_imported_before_any_figure_is_drawn():
    """Sessions that open while the dashboard starts never meet a partly imported pandas."""
    loaded = "import sys, dashboard.presentation.timeline.layout; print('pandas' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True)
    assert printed.stdout.strip() == "True", printed.stderr


@pytest.mark.parametrize(("seconds", "has_seconds"), [(120, True), (180, True), (600, False)])
def test_ticks_of_half_a_minute_have_seconds(seconds, has_seconds):
    """Two ticks of one minute never have the same label."""
    axis = layout(Window(NOW, seconds), share_height([1]))["xaxis"]
    assert axis["tickformat"].endswith("%S") == has_seconds


def test_line_ends_where_nothing_is_known():
    """An unknown span is a gap between two lines, never a zero and never a bridge."""
    runs = line(_samples(1, 1, None, None, 2), WINDOW, _ready)
    assert [[number for _, number in run] for run in runs] == [[1, 1], [2, 2]]
    assert runs[0][-1][0] == NOW - 9
    assert runs[1][-1] == (NOW, 2)


def test_line_ends_where_samples_are_missing():
    """Samples that are far apart are not joined: the time between them is unknown."""
    early = _samples(1, 1, start=NOW - 100)
    runs = line([*early, *_samples(3)], WINDOW, _ready)
    assert [[number for _, number in run] for run in runs] == [[1, 1], [3, 3]]


def test_short_burst_is_drawn_at_every_range():
    """A value that lasted a second is drawn in the hour's range too."""
    samples = [Sample(NOW - 600 + index, ready=0) for index in range(600)]
    samples[300] = replace(samples[300], ready=7)
    runs = line(samples, Window(NOW, 3600), _ready)
    assert max(number for _, number in runs[0]) == 7


def test_points_do_not_move_between_updates():
    """A later update of the same samples draws them at the same times."""
    samples = [Sample(NOW - 50 + index, ready=index % 3) for index in range(50)]
    [first] = line(samples, Window(NOW, 600), _ready)
    [second] = line(samples, Window(NOW + 1.3, 600), _ready)
    assert first[:-1] == second[:-1]


@given(st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=60))
def test_known_and_unknown_cover_all_samples(values: list[int | None]):
    """Whatever the readings are, each is either on a line or in an unknown span."""
    samples = _samples(*values, start=NOW - 70)
    on_lines = sum(len(run) for run in line(samples, WINDOW, _ready))
    known = [sample for sample in samples if sample.ready is not None]
    closing = 1 if values and values[-1] is not None else 0
    assert on_lines == len(known) + closing
    spans = unknown(samples, WINDOW, _ready)
    for sample in samples:
        inside = any(start <= sample.at < end for start, end in spans)
        assert inside == (sample.ready is None)


def test_bars_count_every_picture_once():
    """The sum of the bars is the sum of the samples in the window."""
    samples = [Sample(NOW - 100 + index, pictures=index % 4) for index in range(100)]
    assert sum(number for _, number in bars(samples, WINDOW)) == sum(
        sample.pictures for sample in samples
    )


def test_times_are_in_the_viewers_zone():
    """The axis shows the viewer's time of day, summer time included."""
    berlin = Window(1_784_548_800.0, 120, ZoneInfo("Europe/Berlin"))  # 20 July 2026, 12:00 UTC
    assert berlin.x(berlin.end) == (berlin.end + 2 * 3600) * 1000


@pytest.mark.parametrize(
    ("number", "top"), [(0, 4), (4, 4), (5, 6), (21, 25), (31, 40), (999, 1000)]
)
def test_lane_ticks_are_round_numbers(number: int, top: int):
    """A lane's tick is a round number that is not below its highest value."""
    assert nice_top(number) == top


@given(st.floats(0, 8), st.floats(0, 8))
def test_newest_values_never_overlap(first: float, second: float):
    """Two values beside a lane are a line's height apart, and above its bottom."""
    [geometry] = share_height([8])
    low, high = newest([(first, "a"), (second, "b")], geometry, "red")
    height = [geometry.pixels(mark["y"]) + mark["yshift"] for mark in (low, high)]
    assert height[1] - height[0] >= 12
    assert height[0] >= 12 / 2


@given(st.floats(0, 8), st.floats(0, 8))
def test_newest_values_stay_within_their_lane(first: float, second: float):
    """In a plot as low as Present's, values of one lane leave room for those above and below."""
    for geometry in share_height([8, 8, 8]):
        marks = newest([(first, "a"), (second, "b")], geometry, "red", plot_height=120)
        heights = [geometry.pixels(mark["y"], 120) + mark["yshift"] for mark in marks]
        assert min(heights) >= 12 / 2
        assert max(heights) <= (geometry.top - geometry.bottom) * 120 - 12 / 2


def test_newest_of_overlapping_annotations_is_kept():
    """Captions never overlap: the older annotation is left out."""
    older, newer = (
        Annotation(NOW - 30, "workers", "back to zero"),
        Annotation(NOW - 26, "workers", "0 → 1"),
    )
    assert with_room([older, newer], WINDOW, [LANES["workers"]]) == [(newer, False)]


def test_annotations_of_unknown_lanes_are_left_out():
    """An annotation of GPU nodes is not drawn where this mode has no nodes."""
    annotation = Annotation(NOW - 30, "nodes", "node joined")
    assert with_room([annotation], WINDOW, [LANES["workers"]]) == []


@pytest.mark.parametrize(("lane", "count"), [("requests", 1), ("pictures", 0)])
def test_captions_do_not_cover_the_title(lane: str, count: int):
    """A caption begins right of its lane's title, which is longer where it has a unit."""
    annotation = Annotation(NOW - 106, lane, "burst of 20")
    assert len(with_room([annotation], WINDOW, [LANES[lane]])) == count
    assert with_room([replace(annotation, at=NOW - 118)], WINDOW, [LANES[lane]]) == []


@pytest.mark.parametrize(("age", "stands_out"), [(10, True), (60, False)])
def test_new_fault_stands_out(age: int, stands_out: bool):
    """A fault has a ring and a plate for half a minute, then a caption like others."""
    fault = Annotation(NOW - age, "workers", "worker-1 killed", is_fault=True)
    samples = tuple(_samples(1, 1, start=NOW - 110))
    figure = draw(replace(_snapshot(samples), annotations=(fault,)), 120)
    [caption] = [note for note in figure.layout.annotations if note.text == "worker-1 killed"]
    rings = [shape for shape in figure.layout.shapes if shape.type == "circle"]
    assert (caption.bordercolor == "var(--silent)", len(rings) == 1) == (stands_out, stands_out)


def test_other_lanes_are_dimmed_around_the_one_in_focus():
    """A veil lies on each other lane; a focus that is no lane of this mode changes nothing."""
    snapshot = _snapshot(tuple(_samples(1, 1)))

    def veils(focus: str | None) -> int:
        shapes = draw(snapshot, 120, None, focus).layout.shapes
        return sum(shape.layer == "above" and shape.type == "rect" for shape in shapes)

    assert [veils("workers"), veils("nodes"), veils(None)] == [2, 0, 0]


@given(
    st.lists(
        st.builds(
            Annotation,
            st.floats(NOW - 150, NOW + 5),
            st.sampled_from(["requests", "workers", "nodes"]),
            st.sampled_from(["0 → 8", "burst of 20", "back to zero"]),
        ),
        max_size=12,
    )
)
def test_every_line_has_a_caption(annotations: list[Annotation]):
    """No line crosses the lanes without a text that names it, and narrow charts drop both."""
    snapshot = replace(_snapshot(lanes=("requests", "workers")), annotations=tuple(annotations))
    figure = draw(snapshot, 120)
    captions = {note.x for note in figure.layout.annotations if note.name == "caption"}
    lines = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert {line.x0 for line in lines} <= captions
    assert {line.name for line in lines} <= {"caption"}
    assert bool(lines) == bool(captions)


@pytest.mark.parametrize(("age", "shown"), [(3, 10), (40, 40), (600, 120)])
def test_axis_begins_at_the_first_sample(age: int, shown: int):
    """A dashboard that just started fills its chart; later the axis covers the chosen range."""
    samples = tuple(Sample(NOW - age + n, waiting=0) for n in range(age + 1))
    begin, end = draw(_snapshot(samples), 120).layout.xaxis.range
    assert (end - begin) / 1000 == shown


@pytest.mark.parametrize(
    "lanes",
    [(), ("requests",), ("requests", "pictures"), ("requests", "workers", "nodes", "pictures")],
)
def test_figure_has_the_lanes_of_its_mode(lanes: tuple[str, ...]):
    """Only lanes of the mode are drawn, and they share the whole height."""
    figure = draw(_snapshot(lanes=lanes), 600)
    axes = [
        axis for axis in figure.layout if axis.startswith("yaxis") and figure.layout[axis].domain
    ]
    assert len(axes) == len(lanes)
    titles = [note.text for note in figure.layout.annotations if "<b>" in note.text]
    assert sum(note.startswith(("<b>R", "<b>W", "<b>G", "<b>P")) for note in titles) == len(lanes)


def test_every_color_of_the_figure_exists():
    """A variable that no style sheet defines is drawn black; so each name has a definition."""
    tokens = Path("dashboard/components/page/tokens.css").read_text()
    samples = tuple(
        Sample(NOW - 9 + n, waiting=1, generating=1, ready=1, wanted=1, nodes=1) for n in range(10)
    )
    drawn = draw(_snapshot(samples, lanes=tuple(LANES)), 600)
    used = set(re.findall(r"var\((--[a-z-]+)\)", drawn.to_json()))
    assert {"--requests-solid", "--requests-tint", "--workers"} <= used
    assert used <= set(re.findall(r"^ +(--[a-z-]+):", tokens, re.M))


def test_figure_without_readings_shows_no_values():
    """Without samples there is no line, and the newest values read `no reading`, never 0."""
    figure = draw(_snapshot(lanes=("requests", "workers")), 600)
    assert list(figure.data) == []
    texts = [note.text for note in figure.layout.annotations]
    assert texts.count("no reading") == 2
    assert "unknown" in alt_text(_snapshot())


def test_figure_marks_unknown_spans():
    """An unknown span is shaded in its lane, and labelled where the text has room."""
    samples = tuple(Sample(NOW - 100 + index, waiting=0, generating=0) for index in range(100))
    figure = draw(_snapshot(samples, ("requests", "workers")), 120)
    shades = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(shades) == 1
    assert "no<br>reading" in [note.text for note in figure.layout.annotations]


def test_figure_uses_custom_properties_for_colors():
    """Every color is a custom property, so that one figure serves light and dark pages."""
    samples = tuple(Sample(NOW - 9 + index, 1, 1, 2, 1, 1, 1) for index in range(9))
    text = draw(_snapshot(samples), 120).to_json()
    assert "var(--requests-tint)" in text
    assert '"#' not in text


def test_snapshot_is_drawn_once_for_all_sessions():
    """Sessions with the same snapshot share its figure; the next snapshot gets its own."""
    drawn = []
    draw = snapshot_cache(lambda snapshot, span: drawn.append((snapshot.at, span)))
    first = _snapshot()
    second = replace(first, at=NOW + 1)
    for snapshot, span in ((first, 1), (first, 1), (first, 2), (second, 1), (first, 1)):
        draw(snapshot, span)
    assert drawn == [(NOW, 1), (NOW, 2), (NOW + 1, 1)]


def test_workers_lane_has_the_target_of_the_requests():
    """A dotted line has what the requests call for; without a scaler there is none."""
    samples = (
        Sample(NOW - 4, waiting=9, generating=0, ready=0, wanted=0),
        Sample(NOW - 2, waiting=9, generating=0, ready=0, wanted=1),
        Sample(NOW, waiting=1, generating=2, ready=4, wanted=4),
    )
    scaler = Scaler("ScaledObject", "rabbitmq", 3, 2.0, 0, 4, 5, 120)
    fleet = Reading(FleetReading(scaler, 4, 4, (), None), NOW)
    names = [trace.hovertemplate for trace in draw(_snapshot(samples), 120).data]
    assert "%{y} workers called for<extra></extra>" not in names
    figure = draw(replace(_snapshot(samples), fleet=fleet), 120)
    [target] = [trace for trace in figure.data if "called for" in trace.hovertemplate]
    assert list(target.y)[:3] == [1, 4, 2]
