"""Recordings: what is written is read back, and damaged files are reported."""

import errno
import io
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import RecordingError, StoreUnavailable
from dashboard.domain.fleet import (
    Condition,
    FleetEvent,
    FleetReading,
    Node,
    Scaler,
    Trigger,
    Worker,
)
from dashboard.domain.inputs import Observation, Observers, PictureFound, PromptRead
from dashboard.domain.jobs import apply_event, initial_view
from dashboard.domain.snapshot import Reading
from dashboard.gallery.pictures import thumbnail
from dashboard.recordings.format import Header
from dashboard.recordings.observations import ObservationReader, ObservationWriter
from dashboard.recordings.reader import Recording, read
from dashboard.recordings.recorder import Recorder, recording
from dashboard.recordings.redaction import redact
from dashboard.recordings.transcript import past_events
from tests.support.conditions import wait_until
from tests.support.samples import metadata_of, preview_file
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.metadata import encode_metadata
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import metadata_name, picture_name
from wire.queues.base import QueueDepth
from wire.stores.directory import DirectoryStore

NOW = 1_800_000_000.0
FLEET = FleetReading(
    scaler=Scaler(
        "ScaledObject",
        "rabbitmq",
        3,
        1,
        0,
        8,
        5,
        150,
        conditions=(Condition("Ready", None),),
        triggers=(Trigger("cron", 1.0, measure="replicas"), Trigger("cpu", 60.0, "Utilization")),
    ),
    wanted=3,
    ready=None,
    workers=(Worker("worker-1", "pending", "no node has a free GPU", NOW),),
    nodes=(Node("node-1", "NVIDIA L4", 4, None, ready=True, since=NOW, capacity_type="spot"),),
    events=(FleetEvent(NOW, "Scaled up"),),
    warnings=("Events may not be read.",),
)


def header(**fields: object) -> Header:
    return Header(
        **{"at": NOW, "name": "A talk", "mode": "cluster", "lanes": ("requests",), "model": "m"}
        | fields
    )


def picture(side: int = 600) -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (side, side), "#f2a33a").save(body, "PNG")
    return body.getvalue()


def recorded(tmp_path: Path, *inputs: object, store: object = None) -> Recording:
    """Record some inputs, and read them back."""
    observers, path = Observers(), tmp_path / "run.jsonl"
    with recording(Recorder(path, header(), observers, store or DirectoryStore(tmp_path))):
        for value in inputs:
            observers.notify(value)
    return read(path)


def test_markup_is_not_redacted():
    """Texts of users and pods keep their tags and slashes."""
    for sentence in ("CrashLoopBackOff <b>again</b>", "3/4 nodes and/or machines"):
        assert redact(sentence) == sentence


def test_recorded_inputs_are_read_back(tmp_path):
    """Each kind of input comes back equal and in order; unknown stays unknown."""
    job = new_job(JobRequest(prompt="<b>cat</b> \u202e🙂"))
    inputs = (
        Observation(
            NOW,
            Reading(QueueDepth(3, None), NOW),
            Reading(error="The store is away."),
            sampled=True,
        ),
        Event(kind="accepted", at=NOW, job_id=job.id, job=job),
        PictureFound(picture_name(job.id, 0), NOW + 1),
        PromptRead(job.id, job.prompt),
        Observation(NOW + 2, Reading(QueueDepth(0, 0), NOW + 2), fleet=Reading(FLEET, NOW + 1)),
    )
    got = recorded(tmp_path, *inputs)
    assert tuple(step.input for step in got.steps) == inputs
    assert (got.header, got.truncated) == (header(), False)


readings = st.builds(
    Observation,
    at=st.floats(0, 2e9),
    queue=st.builds(
        Reading,
        value=st.none() | st.builds(QueueDepth, st.integers(0, 99), st.none() | st.integers(0, 99)),
        at=st.none() | st.floats(0, 2e9),
        error=st.none() | st.just("It is away."),
    ),
    fleet=st.none() | st.builds(Reading, value=st.none() | st.just(FLEET)),
    sampled=st.booleans(),
)


def test_announced_model_is_recorded_without_its_path(tmp_path):
    """A replay knows what the model accepts, and not where its folder is."""
    model = ModelCapabilities(model_id="/home/me/models/mine", schedulers=("Euler",))
    observers, path = Observers(), tmp_path / "run.jsonl"
    with recording(Recorder(path, header(), observers, DirectoryStore(tmp_path))):
        observers.notify(Event(kind="ready", worker="worker-1", model=model))
    [step] = read(path).steps
    assert step.input.model == model.model_copy(update={"model_id": "mine"})


@given(st.lists(readings, max_size=8))
def test_observations_survive_being_written_as_differences(observations):
    """However readings change, each observation is read back as it was."""
    writer, reader = ObservationWriter(), ObservationReader()
    assert [reader.read(writer.write(each)) for each in observations] == observations


def test_recording_holds_pictures_and_metadata(tmp_path):
    """A recording needs no other file: it holds thumbnails of the pictures and their metadata."""
    job = new_job(JobRequest(prompt="cat"))
    store = DirectoryStore(tmp_path)
    store.put(picture_name(job.id, 0), picture(), "image/png")
    store.put(metadata_name(job.id), encode_metadata(metadata_of(job)), "application/json")
    got = recorded(
        tmp_path,
        PictureFound(picture_name(job.id, 0), NOW + 1),
        PictureFound(picture_name(new_job(JobRequest(prompt="gone")).id, 0), NOW + 1),
        Event(kind="done", at=NOW + 2, job_id=job.id),
        store=store,
    )
    with Image.open(io.BytesIO(got.read_object(picture_name(job.id, 0)))) as image:
        assert (image.format, image.size) == ("WEBP", (384, 384))
    assert got.read_object(metadata_name(job.id)) == encode_metadata(metadata_of(job))
    assert len(got.objects) == 2


class _StoreFailingOnce:
    """A store that fails at the first read."""

    def __init__(self) -> None:
        self.reads = 0

    def get(self, _name: str) -> bytes:
        self.reads += 1
        if self.reads == 1:
            raise StoreUnavailable("It is away.")
        return picture()


def test_store_outage_loses_no_picture(tmp_path):
    """A picture that could not be read is read again later."""
    observers, store = Observers(), _StoreFailingOnce()
    name = picture_name(new_job(JobRequest(prompt="cat")).id, 0)
    with recording(Recorder(tmp_path / "run.jsonl", header(), observers, store)):
        observers.notify(PictureFound(name, NOW + 1))
        wait_until(lambda: store.reads > 1, what="a second try")
    assert read(tmp_path / "run.jsonl").read_object(name)


def test_addresses_and_passwords_are_not_recorded(tmp_path):
    """Errors of queue, store and cluster are recorded without the addresses in them."""
    queue_error = "RabbitMQ at rabbit.example.org:5672 does not answer."
    fleet_error = (
        "error requesting http://user:secret@rabbitmq:15672/api/queues from 10.42.0.7:4431"
    )
    got = recorded(
        tmp_path,
        Observation(NOW, Reading(error=queue_error), fleet=Reading(error=fleet_error)),
        Event(kind="step", at=NOW, worker="worker-1", detail="[fe80::1]:9000 does not answer."),
    )
    recorded_text = got.path.read_text()
    for hidden in ("example.org", "secret", "15672", "10.42", "fe80"):
        assert hidden not in recorded_text
    assert "RabbitMQ at (address not recorded) does not answer." in recorded_text


@pytest.mark.parametrize(
    ("byte", "flipped"), [(0, 0xFF), (9, 0xFF), (11, 0x01), (36, 0xFF)],
    ids=["no picture", "OSError", "ValueError", "SyntaxError"],
)  # fmt: skip
def test_damaged_picture_has_no_thumbnail(byte, flipped):
    """A PNG with one wrong byte never stops a recording, whatever Pillow raises."""
    body = bytearray(picture())
    body[byte] ^= flipped
    assert thumbnail(bytes(body)) is None


def test_huge_picture_is_not_decompressed():
    """A small file that declares forty million pixels takes no memory."""
    body = io.BytesIO()
    Image.new("1", (8000, 5001)).save(body, "PNG")
    assert thumbnail(body.getvalue()) is None


def test_previews_are_not_recorded(tmp_path):
    """A recording has a job's steps and its picture, not what it looked like in between."""
    step = Event(kind="step", job_id=new_job(JobRequest(prompt="cat")).id, step=2, steps=4)
    previewed = step.model_copy(update={"preview": preview_file()})
    assert [each.input for each in recorded(tmp_path, previewed).steps] == [step]


def test_withheld_pictures_are_not_recorded(tmp_path):
    """Pictures that wait for approval have neither name nor metadata in a recording."""
    withheld, free = (new_job(JobRequest(prompt="cat")) for _ in range(2))
    store, observers, path = DirectoryStore(tmp_path), Observers(), tmp_path / "run.jsonl"
    for job in (withheld, free):
        store.put(metadata_name(job.id), encode_metadata(metadata_of(job)), "application/json")
    is_withheld = withheld.id.__eq__
    with recording(Recorder(path, header(), observers, store, (), is_withheld)):
        for job in (withheld, free):
            name = picture_name(job.id, 0)
            observers.notify(Event(kind="stored", at=NOW, job_id=job.id, name=name, picture=0))
            observers.notify(Event(kind="done", at=NOW, job_id=job.id))
    assert picture_name(withheld.id, 0) not in path.read_text()
    assert list(read(path).objects) == [metadata_name(free.id)]


def test_model_path_is_not_recorded(tmp_path):
    """A picture's metadata names the model's folder without its path on this machine."""
    job, store = new_job(JobRequest(prompt="cat")), DirectoryStore(tmp_path)
    metadata = metadata_of(job).model_copy(update={"lcm_model_id": "/home/anna/models/turbo"})
    store.put(metadata_name(job.id), encode_metadata(metadata), "application/json")
    got = recorded(tmp_path, Event(kind="done", at=NOW, job_id=job.id), store=store)
    assert json.loads(got.read_object(metadata_name(job.id)))["lcm_model_id"] == "turbo"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dial fe80::1: refused", "dial (address not recorded): refused"),
        ("[2001:db8::7]:5672 is away", "(address not recorded) is away"),
        ("10.0.0.7:5672 and 10.0.0.8", "(address not recorded) and (address not recorded)"),
        (
            "The folder /home/anna/pictures cannot be used.",
            "The folder (path not recorded) cannot be used.",
        ),
        ("Writing to C:\\Users\\anna now", "Writing to (path not recorded) now"),
    ],
)
def test_addresses_and_paths_are_redacted(text, expected):
    """A recording discloses neither the network nor the folders of the machine."""
    assert redact(text) == expected


@pytest.mark.parametrize("part", ["a-", "a.", "a:", "1:", "/a", "[:", "a+", "1."])
def test_redaction_takes_linear_time(part):
    """A crafted text takes no longer to redact than any other of its length."""
    begun = time.thread_time()
    assert len(redact(part * 50_000)) < 10_000
    assert len(redact(part * 900)) < 60_000
    assert time.thread_time() - begun < 0.5


@pytest.mark.parametrize(
    "text", ["Since 14:02:11, 3 of 4.", "It has 1.5 GB.", "Try again: now.", "3/4 and/or b"]
)
def test_times_and_numbers_are_not_redacted(text):
    """Times, numbers and shares resemble addresses, and are kept."""
    assert redact(text) == text


def test_earlier_jobs_have_their_state_in_the_recording():
    """The events written for a job in progress lead to its present state."""
    job = new_job(JobRequest(prompt="cat", count=3))
    view = initial_view(job)
    for event in (
        Event(kind="received", at=NOW, job_id=job.id, job=job, worker="worker-1"),
        Event(kind="stored", at=NOW, job_id=job.id, name=picture_name(job.id, 0), picture=0),
    ):
        view = apply_event(view, event)
    replayed = initial_view(job)
    for event in past_events(view):
        replayed = apply_event(replayed, event)
    assert replayed == view


def test_earlier_pictures_and_prompts_are_left_out(tmp_path):
    """A recording discloses nothing that was generated before it began."""
    old, new = (new_job(JobRequest(prompt=prompt)) for prompt in ("a secret", "cat"))
    got = recorded(
        tmp_path,
        PictureFound(picture_name(old.id, 0), NOW - 60),
        PromptRead(old.id, old.prompt),
        PictureFound(picture_name(new.id, 0), NOW + 1),
        PromptRead(new.id, new.prompt),
    )
    inputs = [step.input for step in got.steps]
    assert inputs == [PictureFound(picture_name(new.id, 0), NOW + 1), PromptRead(new.id, "cat")]


def lines_of(tmp_path: Path) -> list[str]:
    job = new_job(JobRequest(prompt="cat"))
    got = recorded(
        tmp_path, Event(kind="accepted", at=NOW, job_id=job.id, job=job), Observation(NOW + 1)
    )
    return got.path.read_text().splitlines(keepends=True)


def test_truncated_recording_can_be_read(tmp_path):
    """If the recorder was killed while it wrote a line, all lines before it are read."""
    *complete, last = lines_of(tmp_path)
    path = tmp_path / "truncated.jsonl"
    path.write_text("".join(complete) + last[:-9])
    got = read(path)
    assert (len(got.steps), got.truncated) == (1, True)


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        ("{nothing}\n", "Line 2 of .* is damaged: "),
        ('{"kind":"event","at":1,"event":{"kind":"danced"}}\n', "Line 2 .*event.kind should be"),
        ('{"kind":"surprise","at":1}\n', "Line 2 of .* is damaged: "),
        (
            '{"kind":"observation","at":1,"changes":{"queue":{"value":7}}}\n',
            "Line 2 of .* is damaged: ",
        ),
        (
            '{"kind":"object","at":1,"name":"x","type":"image/webp","data":"a"}\n',
            "Line 2 .* object",
        ),
    ],
)
def test_damaged_line_is_reported(tmp_path, damaged, expected):
    """A file with an invalid line is rejected, and the error names the line."""
    first, *others = lines_of(tmp_path)
    path = tmp_path / "damaged.jsonl"
    path.write_text("".join([first, damaged, *others]))
    with pytest.raises(RecordingError, match=expected):
        read(path)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("", "is not a recording"),
        ("\x89PNG\n", "is not a recording"),
        ('{"prompt": "cat"}\n', "is not a recording"),
        (json.dumps(header().model_dump() | {"version": 99}), "newer version .*format 99.*Update"),
        (json.dumps(header().model_dump() | {"at": "soon"}), "Line 1 .* at should be"),
    ],
)
def test_other_files_are_rejected(tmp_path, first, expected):
    """A file that is no recording, or is of a later version, is rejected with a sentence."""
    path = tmp_path / "other.jsonl"
    path.write_text(first)
    with pytest.raises(RecordingError, match=expected):
        read(path)
    with pytest.raises(RecordingError, match="cannot be read"):
        read(tmp_path / "missing.jsonl")


def test_existing_file_is_not_overwritten(tmp_path):
    """A recording to a file that exists fails, and the file is kept."""
    recorded(tmp_path)
    recorder = Recorder(tmp_path / "run.jsonl", header(), Observers(), DirectoryStore(tmp_path))
    with pytest.raises(RecordingError, match="cannot be created"):
        recorder.start()


def test_full_disk_is_reported_when_recording_starts(tmp_path, monkeypatch):
    """A recording whose first lines cannot be written fails with a sentence and leaves no file."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Recorder, "_write", fail)
    path = tmp_path / "run.jsonl"
    recorder = Recorder(path, header(), Observers(), DirectoryStore(tmp_path))
    with pytest.raises(RecordingError, match="cannot be written: No space left on"):
        recorder.start()
    assert not path.exists()
