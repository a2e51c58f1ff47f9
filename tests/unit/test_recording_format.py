"""Recordings as files: what is written is read back, and damage is named."""

import io
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import RecordingError, StoreUnavailable
from dashboard.domain.fleet import Condition, FleetEvent, FleetReading, Node, Scaler, Worker
from dashboard.domain.inputs import Observation, Observers, PictureFound, PromptRead
from dashboard.domain.jobs import follow, waiting
from dashboard.domain.snapshot import Reading
from dashboard.gallery.pictures import thumbnail
from dashboard.recordings.format import Header
from dashboard.recordings.observations import LookReader, LookWriter
from dashboard.recordings.reader import Recording, read
from dashboard.recordings.recorder import Recorder, recording
from dashboard.recordings.redaction import without_addresses
from dashboard.recordings.transcript import life_of
from tests.support.conditions import wait_until
from tests.support.samples import metadata_of
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.picture import encode_metadata, metadata_name, picture_name
from wire.queues.base import QueueDepth
from wire.stores.directory import DirectoryStore

NOW = 1_800_000_000.0
FLEET = FleetReading(
    scaler=Scaler(
        "ScaledObject", "rabbitmq", 3, 1, 0, 8, 5, 150, None, False, (Condition("Ready", None),)
    ),
    wanted=3,
    ready=None,
    workers=(Worker("worker-1", "pending", "no node has a free GPU", NOW),),
    nodes=(Node("node-1", "NVIDIA L4", 4, None, ready=True, since=NOW, spot=True),),
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
        for one in inputs:
            observers.notify(one)
    return read(path)


def test_markup_is_no_path():
    """What people or pods say is recorded as they said it, tags and slashes included."""
    for sentence in ("CrashLoopBackOff <b>again</b>", "3/4 nodes and/or machines"):
        assert without_addresses(sentence) == sentence


def test_what_was_recorded_is_read_back(tmp_path):
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
    assert (got.header, got.cut) == (header(), False)


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


@given(st.lists(readings, max_size=8))
def test_looks_survive_being_written_as_differences(looks):
    """However readings come, go and return, each look is read back as it was."""
    writer, reader = LookWriter(), LookReader()
    assert [reader.look(writer.line(look)) for look in looks] == looks


def test_pictures_and_metadata_travel_in_the_file(tmp_path):
    """One file is a whole talk: pictures are in it, small, and what is known of them."""
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
    with Image.open(io.BytesIO(got.object(picture_name(job.id, 0)))) as image:
        assert (image.format, image.size) == ("WEBP", (384, 384))
    assert got.object(metadata_name(job.id)) == encode_metadata(metadata_of(job))
    assert len(got.places) == 2


class _AwayAtFirst:
    """A store that fails once and answers then."""

    def __init__(self) -> None:
        self.asked = 0

    def get(self, _name: str) -> bytes:
        self.asked += 1
        if self.asked == 1:
            raise StoreUnavailable("It is away.")
        return picture()


def test_a_store_that_is_away_for_a_while_costs_no_picture(tmp_path):
    """What could not be read at once is read later."""
    observers, store = Observers(), _AwayAtFirst()
    name = picture_name(new_job(JobRequest(prompt="cat")).id, 0)
    with recording(Recorder(tmp_path / "run.jsonl", header(), observers, store)):
        observers.notify(PictureFound(name, NOW + 1))
        wait_until(lambda: store.asked > 1, what="a second try")
    assert read(tmp_path / "run.jsonl").object(name)


def test_no_address_and_no_password_is_recorded(tmp_path):
    """Sentences of queue, store and cluster lose the addresses that they name."""
    told = "RabbitMQ at rabbit.example.org:5672 does not answer."
    why = "error requesting http://user:secret@rabbitmq:15672/api/queues from 10.42.0.7:4431"
    got = recorded(
        tmp_path,
        Observation(NOW, Reading(error=told), fleet=Reading(error=why)),
        Event(kind="step", at=NOW, worker="worker-1", detail="[fe80::1]:9000 does not answer."),
    )
    text = got.path.read_text()
    for hidden in ("example.org", "secret", "15672", "10.42", "fe80"):
        assert hidden not in text
    assert "RabbitMQ at (address not recorded) does not answer." in text


@pytest.mark.parametrize(
    ("byte", "flipped"), [(0, 0xFF), (9, 0xFF), (11, 0x01), (36, 0xFF)],
    ids=["no picture", "OSError", "ValueError", "SyntaxError"],
)  # fmt: skip
def test_a_damaged_picture_is_no_picture(byte, flipped):
    """A PNG with one wrong byte never ends a recording, whatever Pillow calls it."""
    body = bytearray(picture())
    body[byte] ^= flipped
    assert thumbnail(bytes(body)) is None


def test_a_picture_that_claims_to_be_huge_is_not_unpacked():
    """A few kilobytes that would be forty million pixels cost no memory."""
    body = io.BytesIO()
    Image.new("1", (8000, 5001)).save(body, "PNG")
    assert thumbnail(body.getvalue()) is None


def test_pictures_that_wait_for_approval_are_not_named(tmp_path):
    """What no visitor may see has no name and no metadata in a recording."""
    held, free = (new_job(JobRequest(prompt="cat")) for _ in range(2))
    store, observers, path = DirectoryStore(tmp_path), Observers(), tmp_path / "run.jsonl"
    for job in (held, free):
        store.put(metadata_name(job.id), encode_metadata(metadata_of(job)), "application/json")
    waits = held.id.__eq__
    with recording(Recorder(path, header(), observers, store, (), waits)):
        for job in (held, free):
            name = picture_name(job.id, 0)
            observers.notify(Event(kind="stored", at=NOW, job_id=job.id, name=name, picture=0))
            observers.notify(Event(kind="done", at=NOW, job_id=job.id))
    assert picture_name(held.id, 0) not in path.read_text()
    assert list(read(path).places) == [metadata_name(free.id)]


def test_a_models_folder_is_named_without_the_way_to_it(tmp_path):
    """Metadata of a picture gives no stranger the folders of this machine."""
    job, store = new_job(JobRequest(prompt="cat")), DirectoryStore(tmp_path)
    told = metadata_of(job).model_copy(update={"lcm_model_id": "/home/anna/models/turbo"})
    store.put(metadata_name(job.id), encode_metadata(told), "application/json")
    got = recorded(tmp_path, Event(kind="done", at=NOW, job_id=job.id), store=store)
    assert json.loads(got.object(metadata_name(job.id)))["lcm_model_id"] == "turbo"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("dial fe80::1: refused", "dial (address not recorded): refused"),
        ("[2001:db8::7]:5672 is away", "(address not recorded) is away"),
        ("10.0.0.7:5672 and 10.0.0.8", "(address not recorded) and (address not recorded)"),
        (
            "The folder /home/anna/pictures cannot be used.",
            "The folder (path not recorded) cannot be used.",
        ),
        ("Observation into C:\\Users\\anna now", "Observation into (path not recorded) now"),
    ],
)
def test_bare_addresses_and_paths_are_taken_out(said, kept):
    """Whoever watches a recording learns neither a network nor a folder of the machine."""
    assert without_addresses(said) == kept


@pytest.mark.parametrize("part", ["a-", "a.", "a:", "1:", "/a", "[:", "a+", "1."])
def test_no_text_holds_a_recording_up(part):
    """A sentence that somebody made up costs no more than another one of its length."""
    begun = time.thread_time()
    assert len(without_addresses(part * 50_000)) < 10_000
    assert len(without_addresses(part * 900)) < 60_000
    assert time.thread_time() - begun < 0.5


@pytest.mark.parametrize(
    "kept", ["Since 14:02:11, 3 of 4.", "It has 1.5 GB.", "Try again: now.", "3/4 and/or b"]
)
def test_times_and_numbers_are_no_addresses(kept):
    """What is no address stays as it was said."""
    assert without_addresses(kept) == kept


def test_jobs_that_began_before_the_recording_are_known_in_it():
    """A job in progress is told again, as far as it was."""
    job = new_job(JobRequest(prompt="cat", count=3))
    view = waiting(job)
    for event in (
        Event(kind="received", at=NOW, job_id=job.id, job=job, worker="worker-1"),
        Event(kind="stored", at=NOW, job_id=job.id, name=picture_name(job.id, 0), picture=0),
    ):
        view = follow(view, event)
    again = waiting(job)
    for event in life_of(view):
        again = follow(again, event)
    assert again == view


def test_pictures_and_prompts_of_before_are_left_out(tmp_path):
    """Whoever records a talk does not hand out what others painted last week."""
    old, new = (new_job(JobRequest(prompt=prompt)) for prompt in ("a secret wish", "cat"))
    got = recorded(
        tmp_path,
        PictureFound(picture_name(old.id, 0), NOW - 60),
        PromptRead(old.id, old.prompt),
        PictureFound(picture_name(new.id, 0), NOW + 1),
        PromptRead(new.id, new.prompt),
    )
    told = [step.input for step in got.steps]
    assert told == [PictureFound(picture_name(new.id, 0), NOW + 1), PromptRead(new.id, "cat")]


def lines_of(tmp_path: Path) -> list[str]:
    job = new_job(JobRequest(prompt="cat"))
    got = recorded(
        tmp_path, Event(kind="accepted", at=NOW, job_id=job.id, job=job), Observation(NOW + 1)
    )
    return got.path.read_text().splitlines(keepends=True)


def test_a_recording_that_was_cut_off_still_plays(tmp_path):
    """The process that recorded died in the middle of a line: all before it is there."""
    *whole, last = lines_of(tmp_path)
    path = tmp_path / "cut.jsonl"
    path.write_text("".join(whole) + last[:-9])
    got = read(path)
    assert (len(got.steps), got.cut) == (1, True)


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        ("{nothing}\n", "Line 2 of .* is damaged: "),
        ('{"kind":"event","at":1,"event":{"kind":"danced"}}\n', "Line 2 .*event.kind should be"),
        ('{"kind":"surprise","at":1}\n', "Line 2 of .* is damaged: "),
        ('{"kind":"look","at":1,"changes":{"queue":{"value":7}}}\n', "Line 2 of .* is damaged: "),
        (
            '{"kind":"object","at":1,"name":"x","type":"image/webp","data":"a"}\n',
            "Line 2 .* object",
        ),
    ],
)
def test_a_damaged_line_is_named(tmp_path, damaged, said):
    """Nothing is played of a file that lies about a part of itself."""
    first, *others = lines_of(tmp_path)
    path = tmp_path / "damaged.jsonl"
    path.write_text("".join([first, damaged, *others]))
    with pytest.raises(RecordingError, match=said):
        read(path)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("", "is not a recording"),
        ("\x89PNG\n", "is not a recording"),
        ('{"prompt": "cat"}\n', "is not a recording"),
        (json.dumps(header().model_dump() | {"version": 99}), "newer version .*format 99.*Update"),
        (json.dumps(header().model_dump() | {"at": "soon"}), "Line 1 .* at should be"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path, first, said):
    """A foreign file, and one of a later version, get a sentence."""
    path = tmp_path / "other.jsonl"
    path.write_text(first)
    with pytest.raises(RecordingError, match=said):
        read(path)
    with pytest.raises(RecordingError, match="cannot be read"):
        read(tmp_path / "missing.jsonl")


def test_a_recording_never_overwrites_another(tmp_path):
    """A file that is there is kept, and the person is told."""
    recorded(tmp_path)
    recorder = Recorder(tmp_path / "run.jsonl", header(), Observers(), DirectoryStore(tmp_path))
    with pytest.raises(RecordingError, match="No recording can be made"):
        recorder.start()
