"""Recordings that earlier versions made are read under today's names."""

import json
from pathlib import Path

import pytest

from core.errors import RecordingError
from dashboard.domain.fleet import Autoscaler, Condition, FleetReading, Worker
from dashboard.domain.inputs import Observation
from dashboard.recordings.folder import BUNDLED
from dashboard.recordings.format import VERSION
from dashboard.recordings.migration import upgrade
from dashboard.recordings.reader import read, read_header
from wire.messages.event import Event

VERSION_1 = Path(__file__).parents[1] / "support" / "recording_version_1.jsonl"
JOB_ID = "01a3159e-6400-7000-8000-000000000001"
NOW = 1_800_000_000.0


def fleets() -> list[FleetReading]:
    steps = read(VERSION_1).steps
    return [step.input.fleet.value for step in steps if isinstance(step.input, Observation)]


def test_version_1_fleet_readings_use_todays_names():
    """Reasons, warnings and phases of a version 1 file lose nothing when they are read."""
    first, second = fleets()
    assert first.workers == (Worker("worker-1", "pending", "no node has a free GPU", NOW),)
    assert first.scaler.conditions == (Condition("Ready", True, "ScaledObject is ready"),)
    assert first.scaler.autoscaler == Autoscaler(
        "keda-hpa-worker", 1, 1, 1.0, (Condition("AbleToScale", None, "no metrics yet"),)
    )
    assert first.warnings == ("Events may not be read.",)
    assert second.workers == (
        Worker("worker-1", "generating", "step 3 of 8", NOW + 2, "node-1", JOB_ID),
    )
    assert second.scaler.conditions == (Condition("Ready", False, "The queue is away"),)
    assert second.warnings == ()


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("finishes what it has", "finishes its jobs"),
        ("paints", "generating"),
        ("step 3 of 8", "step 3 of 8"),
    ],
)
def test_version_1_reasons_use_todays_words(reason, expected):
    """Pages that replay a version 1 file show the words of today's workers."""
    workers = [{"name": "worker-1", "why": reason}]
    line = {"kind": "look", "at": 1.0, "changes": {"fleet": {"value": {"workers": workers}}}}
    upgraded = json.loads(upgrade(json.dumps(line).encode(), 1))
    assert upgraded["changes"]["fleet"]["value"]["workers"][0]["reason"] == expected


def test_version_1_events_and_objects_are_unchanged():
    """Fields of messages on the queue were not renamed: jobs, timings and pictures are kept."""
    recording = read(VERSION_1)
    events = [step.input for step in recording.steps if isinstance(step.input, Event)]
    assert [event.kind for event in events] == ["accepted", "received", "done"]
    assert events[0].job.pending_approval is True
    assert events[-1].timings.painting == 1.0
    assert recording.read_object(f"{JOB_ID}-0.png") == b"RIFF"


@pytest.mark.parametrize(("spot", "capacity"), [(True, "spot"), (False, "on demand"), (None, None)])
def test_first_nodes_of_version_2_have_gpus(spot, capacity):
    """When slots were taken for GPUs, their number was that of the slots; later nodes stay."""
    node = {"name": "gpu-1", "slots": 2, "spot": spot}
    line = {"kind": "observation", "at": 1.0, "changes": {"fleet": {"value": {"nodes": [node]}}}}
    [upgraded] = json.loads(upgrade(json.dumps(line, separators=(",", ":")).encode(), 2))[
        "changes"
    ]["fleet"]["value"]["nodes"]
    assert upgraded == {"name": "gpu-1", "slots": 2, "gpus": 2, "capacity_type": capacity}
    today = b'{"kind":"observation","changes":{"nodes":[{"slots":4,"gpus":null}]}}'
    assert upgrade(today, 2) == today


@pytest.mark.parametrize("line", [b"{nothing}\n", b'["look"]\n', b'{"kind":["look"]}\n', b""])
def test_damaged_version_1_lines_are_left_to_the_reader(line):
    """The upgrade never fails: the reader reports the line and its number."""
    assert upgrade(line, 1) == line


def test_damaged_version_1_recording_names_its_line(tmp_path):
    """A version 1 file gets the same sentences as a file of today."""
    header, *lines = VERSION_1.read_text().splitlines(keepends=True)
    path = tmp_path / "damaged.jsonl"
    path.write_text("".join([header, '{"kind":"look","at":1,"changes":7}\n', *lines]))
    with pytest.raises(RecordingError, match=r"Line 2 of .*changes should be"):
        read(path)


def test_lines_of_this_version_are_not_changed():
    """A recording of today is read as it was written."""
    line = b'{"kind":"look","at":1,"changes":{}}\n'
    assert upgrade(line, VERSION) is line


def test_bundled_recording_is_of_this_version():
    """`make replay` plays a file that needs no upgrade."""
    assert read_header(BUNDLED).version == VERSION
    assert read(BUNDLED).steps
