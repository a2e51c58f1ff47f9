"""Processes of version 0.1 and of this version share a queue, a store and recordings.

During a rolling upgrade, workers and dashboards of both run side by side. The broker's part is in
tests/contract/test_upgrade.py.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from core.settings import Settings
from dashboard.domain.jobs import JobView
from dashboard.domain.journal import Journal
from dashboard.recordings.reader import read
from tests.support import version_0_1
from tests.support.flat_generator import FlatGenerator
from tests.support.ready_jobs import process_ready_jobs
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event, decode_event, encode_event
from wire.messages.job import Job, JobRequest, decode, encode, new_job
from wire.messages.metadata import decode_metadata, encode_metadata
from wire.messages.model import decode_capabilities, encode_capabilities
from wire.messages.object_names import metadata_name, picture_name
from wire.messages.parameters import PARAMETERS
from wire.queues.sqlite import SqliteQueue
from wire.stores.directory import DirectoryStore
from worker.context import WorkerContext
from worker.generator import ModelInfo
from worker.shutdown import ShutdownSignal

SMALL, FULL = (decode(body) for body in version_0_1.JOBS)
MESSAGES = {
    "Job": (version_0_1.JOBS, decode, encode),
    "Event": (version_0_1.EVENTS, decode_event, encode_event),
    "Metadata": ((version_0_1.METADATA,), decode_metadata, encode_metadata),
    "ModelCapabilities": (
        (version_0_1.CAPABILITIES,),
        decode_capabilities,
        encode_capabilities,
    ),
}


@pytest.mark.parametrize("model", MESSAGES)
def test_messages_of_0_1_keep_every_field(model: str):
    """What an older process wrote has the same values when this version reads it."""
    bodies, decode_body, encode_body = MESSAGES[model]
    for body in bodies:
        today = json.loads(encode_body(decode_body(body)))
        assert today.items() >= json.loads(body).items()


@pytest.mark.parametrize("model", MESSAGES)
def test_0_1_reads_messages_of_today(model: str):
    """What this version writes is valid for an older process, with fields that it ignores."""
    bodies, decode_body, encode_body = MESSAGES[model]
    for body in bodies:
        today = encode_body(decode_body(body))
        version_0_1.require_readable(model, today)
        newer = json.dumps(json.loads(today) | {"field_of_a_newer_version": {"a": [1]}}).encode()
        version_0_1.require_readable(model, newer)
        decode_body(newer)


def test_0_1_reads_a_new_job():
    """A job as the dashboard submits it today, with and without optional fields."""
    for request in (JobRequest(prompt="a cat"), JobRequest(prompt="ž", count=7, seed=2**32 - 1)):
        version_0_1.require_readable("Job", encode(new_job(request)))


def test_schemas_of_0_1_refuse_what_it_refused():
    """The frozen schemas are no empty promise: a wrong type does not pass."""
    with pytest.raises(jsonschema.ValidationError):
        version_0_1.require_readable("Job", b'{"id": "x", "prompt": 5}')


def test_dashboard_of_today_reads_the_events_of_a_worker_of_0_1():
    """Its jobs, pictures, timings, device and model are shown as those of newer workers."""
    journal = Journal()
    for body in version_0_1.EVENTS:
        journal.record(decode_event(body))
    view = journal.find(FULL.id)
    assert isinstance(view, JobView)
    assert (view.state, view.attempt, view.withheld) == ("done", 2, (2,))
    assert view.timings is not None
    assert view.timings.painting == 2.0
    assert journal.model().model_id == "models/demo"


def test_recording_of_0_1_replays():
    """A recording keeps each event, whatever version made it."""
    recording = read(version_0_1.RECORDING)
    events = [step.input for step in recording.steps if isinstance(step.input, Event)]
    assert events == [decode_event(body) for body in version_0_1.EVENTS]
    assert recording.header.name == "A run of version 0.1"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[WorkerContext]:
    """Make a worker of today, on the queue file of version 0.1."""
    version_0_1.write_queue(tmp_path)
    model = decode_capabilities(version_0_1.CAPABILITIES)
    defaults = model.defaults | {"width": 64, "height": 64}
    changes = {"accepts": PARAMETERS, "max_side": 1024, "defaults": defaults}
    accepting = model.model_copy(update=changes)
    made = WorkerContext(
        queue=SqliteQueue(tmp_path),
        events=SqliteEvents(tmp_path),
        store=DirectoryStore(tmp_path / "pictures"),
        generator=FlatGenerator(ModelInfo(accepting, device="cpu")),
        settings=Settings(_env_file=None, data_dir=tmp_path, worker_name="today"),
        shutdown=ShutdownSignal(60),
    )
    yield made
    made.queue.close()
    made.events.close()


def test_worker_of_today_finishes_what_a_worker_of_0_1_began(context: WorkerContext):
    """Old and new jobs leave one queue; what the older worker stored is not made again."""
    begun = picture_name(SMALL.id, 0)
    context.store.put(begun, _png(), "image/png")
    today = new_job(JobRequest(prompt="cartoon dwarf", seed=3))
    context.queue.publish(today)
    assert [letter.reason for letter in context.queue.dead_letters(10)] == ["It is blurred."]
    _work_until_empty(context)
    assert len(context.queue.dead_letters(10)) == 1
    assert context.store.get(begun) == _png()
    for job in (SMALL, FULL, today):
        _require_complete(context, job)


def _work_until_empty(context: WorkerContext) -> None:
    # A job that was delivered before is a worker's only one.
    while context.queue.depth().ready:
        process_ready_jobs(context)


def _require_complete(context: WorkerContext, job: Job) -> None:
    for number in range(job.count):
        assert context.store.exists(picture_name(job.id, number))
    metadata = context.store.get(metadata_name(job.id))
    version_0_1.require_readable("Metadata", metadata)
    assert decode_metadata(metadata).prompt == job.prompt


def test_dashboard_of_0_1_reads_the_events_of_a_worker_of_today(context: WorkerContext):
    """Each event is of a kind and a form that the older dashboard knows, or it skips the kind."""
    context.store.put(picture_name(SMALL.id, 0), _png(), "image/png")
    context.events.receive(0)
    _work_until_empty(context)
    events = context.events.receive(10)
    known = {json.loads(body)["kind"] for body in version_0_1.EVENTS}
    assert {"received", "step", "stored", "done"} <= {event.kind for event in events} <= known
    for event in events:
        version_0_1.require_readable("Event", encode_event(event))


def _png() -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (64, 64)).save(body, "PNG")
    return body.getvalue()
