"""Every decoder of foreign bytes and texts: a value or the documented error, nothing else."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from core.errors import MessageError, RecordingError, SettingsError, StoreError
from core.network.proxies import bypasses, proxy_for
from core.network.urls import checked_url, is_raw
from core.settings import Settings
from core.store_settings import check_bucket, check_endpoint
from core.web_settings import networks
from dashboard.access import client_address, hosts, origin, tokens
from dashboard.audience import own_pictures
from dashboard.domain.inputs import Observation
from dashboard.domain.snapshot import Reading
from dashboard.fleet.kubernetes import values
from dashboard.gallery.query import parse_query
from dashboard.recordings.format import (
    EventLine,
    Header,
    ObjectLine,
    PictureLine,
    PromptLine,
    encode,
)
from dashboard.recordings.observations import ObservationWriter
from dashboard.recordings.reader import read, read_header
from dashboard.runtime import submission
from tests.support.damage import damaged_bytes, damaged_json, header_texts, texts
from tests.support.samples import metadata_of, preview_file
from tests.unit.test_recording_format import FLEET, NOW
from wire.messages import job as jobs
from wire.messages.event import Event, decode_event, encode_event
from wire.messages.infotext import fields_of, picture_texts
from wire.messages.job import JobRequest, new_job
from wire.messages.metadata import Timings, decode_metadata, encode_metadata
from wire.messages.model import (
    ModelCapabilities,
    accepted_part,
    decode_capabilities,
    encode_capabilities,
)
from wire.messages.object_names import parse_metadata_name, parse_picture_name
from wire.messages.parameters import Lora
from wire.messages.png_text import insert_text, read_text
from wire.messages.preview import is_preview
from wire.messages.quantities import MAX_UNIX_SECONDS
from wire.messages.telemetry import Telemetry
from wire.queues.base import QueueDepth, decode_dead_letter
from wire.rabbitmq.url import parse_url
from wire.stores.base import checked_name

JOB = new_job(
    JobRequest(
        prompt="a cat", negative_prompt="dog", count=2, seed=1, width=512, height=512, steps=4,
        guidance_scale=7.5, scheduler="Euler a", loras=(Lora(name="ink"),), strength=0.5,
        init_image="019a6f00-0000-7000-8000-000000000001-0.png", pending_approval=True,
    )
)  # fmt: skip
MODEL = ModelCapabilities(model_id="models/demo", schedulers=("Euler a",), defaults={"steps": 4})
EVENT = Event(
    kind="step", at=NOW, worker="worker-1", job_id=JOB.id, job=JOB, picture=1, step=2, steps=4,
    preview=preview_file(), name=f"{JOB.id}-0.png", detail="It works.", model=MODEL,
    timings=Timings(painting=1.0, storing=0.1), telemetry=Telemetry(device="cpu", power_watts=3.0),
)  # fmt: skip
METADATA = metadata_of(JOB).model_copy(
    update={"timings": EVENT.timings, "parameters": JOB.parameters}
)
HEADER = Header(at=NOW, name="A talk", mode="cluster", lanes=("requests",), model="m")
LINES = (
    EventLine(at=NOW, event=EVENT),
    PictureLine(at=NOW, name=f"{JOB.id}-0.png", stored_at=NOW),
    PromptLine(at=NOW, job_id=JOB.id, prompt="a cat"),
    ObjectLine(at=NOW, name=f"{JOB.id}-0.png", type="image/webp", data="UklGRg=="),
    ObservationWriter().write(
        Observation(NOW, Reading(QueueDepth(3, None), NOW), fleet=Reading(FLEET, NOW))
    ),
)
PNG = insert_text(
    b"\x89PNG\r\n\x1a\n" + bytes(25), picture_texts(JOB.parameters, "models/demo") | {"é": "日本"}
)
OLD_SAMPLE = b'{"prompt": "yellow submarine", "count": 4}'


@given(damaged_json(jobs.encode(JOB), OLD_SAMPLE))
def test_job_message(body: bytes):
    """A message from any AMQP client is a job, or is dead-lettered with a sentence."""
    with suppress(MessageError):
        job = jobs.decode(body)
        assert jobs.decode(jobs.encode(job)) == job
    decode_dead_letter("1", body, "It failed.", NOW)


@given(damaged_json(jobs.encode(JOB)))
def test_fields_of_a_program(body: bytes):
    """The fields of a request over HTTP are a job, or refused with a sentence."""
    with suppress(ValueError, RecursionError):
        fields = json.loads(body)
        if isinstance(fields, dict):
            with suppress(MessageError):
                submission.jobs_of(submission.validated(fields))
            accepted_part(MODEL, fields)


@given(damaged_json(encode_event(EVENT)))
def test_event(body: bytes):
    """An event is read, or skipped."""
    with suppress(MessageError):
        assert encode_event(decode_event(body))


@given(damaged_json(encode_metadata(METADATA)))
def test_metadata(body: bytes):
    """A job's metadata in the store is read, or not."""
    with suppress(MessageError):
        assert encode_metadata(decode_metadata(body))


@given(damaged_json(encode_capabilities(MODEL)))
def test_capabilities(body: bytes):
    """A model's announcement in the store is read, or not."""
    with suppress(MessageError):
        assert encode_capabilities(decode_capabilities(body))


@given(damaged_bytes(PNG))
def test_parameters_of_a_picture(file: bytes):
    """A picture that is dropped on the form gives fields or none, and only valid ones are taken."""
    fields = fields_of(read_text(file))
    if fields:
        accepted_part(MODEL, fields)
    is_preview(file)


@given(st.lists(damaged_json(*map(encode, LINES)), max_size=4), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_recording(tmp_path: Path, lines: list[bytes], is_old: bool):
    """A damaged recording is named with its line, or played."""
    path = tmp_path / "run.jsonl"
    header = encode(HEADER.model_copy(update={"version": 1}) if is_old else HEADER)
    path.write_bytes(header + b"\n".join(lines) + b"\n" + encode(LINES[1]))
    with suppress(RecordingError):
        recording = read(path)
        assert 0 <= recording.start <= recording.end <= MAX_UNIX_SECONDS
        for name in recording.objects:
            recording.read_object(name)
        observations = [
            each.input for each in recording.steps if isinstance(each.input, Observation)
        ]
        for observation in observations:
            assert json.dumps(ObservationWriter().write(observation).changes, allow_nan=False)


@pytest.mark.parametrize("value", ["NaN", "1e400", "-1", "1e12"])
@pytest.mark.parametrize("field", ["at", "stored_at"])
def test_times_of_a_recording(tmp_path: Path, field: str, value: str):
    """A time that no page can show is refused with its line."""
    path = tmp_path / "run.jsonl"
    valid = encode(LINES[1])
    line = valid.replace(f'"{field}":{NOW}'.encode(), f'"{field}":{value}'.encode())
    path.write_bytes(encode(HEADER) + line + valid)
    with pytest.raises(RecordingError, match="Line 2"):
        read(path)


@given(damaged_json(encode(HEADER)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_header_of_a_recording(tmp_path: Path, line: bytes):
    """A file that is no recording is refused with a sentence."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(line)
    with suppress(RecordingError):
        read_header(path)


TEXT_DECODERS: dict[str, tuple[Callable[[str], object], tuple[type[Exception], ...]]] = {
    "picture name": (parse_picture_name, ()),
    "metadata name": (parse_metadata_name, ()),
    "object name": (checked_name, (StoreError,)),
    "search": (parse_query, ()),
    "quantity": (values.number, ()),
    "infotext": (lambda text: fields_of({"parameters": text, "generation": text}), ()),
    "endpoint": (check_endpoint, (ValueError,)),
    "bucket": (lambda text: check_bucket(text, text), (ValueError,)),
    "networks": (networks, (ValueError,)),
    "URL with a password": (checked_url, (ValueError,)),
    "raw URL": (is_raw, ()),
    "RABBITMQ_URL": (lambda text: parse_url(SecretStr(text)), (SettingsError,)),
    "RABBITMQ_URL's tail": (lambda text: parse_url(SecretStr(f"amqp://a{text}")), (SettingsError,)),
    "RABBITMQ_URL's query": (
        lambda text: parse_url(SecretStr(f"amqps://a/?{text}")),
        (SettingsError,),
    ),
    "NO_PROXY": (lambda text: bypasses("a.example", 80, text), ()),
    "HTTP_PROXY": (
        lambda text: proxy_for("http://a.example", environment={"HTTP_PROXY": text}),
        (SettingsError,),
    ),
}


@pytest.mark.parametrize("name", TEXT_DECODERS)
@given(text=texts)
@settings(max_examples=30)
def test_text(name: str, text: str):
    """A text of a setting, a query or a cluster has a value, or the documented error."""
    decode, errors = TEXT_DECODERS[name]
    with suppress(*errors):
        decode(text)


HEADER_DECODERS: dict[str, Callable[[str], object]] = {
    "Host": hosts.host_name,
    "Cookie": lambda text: (tokens.is_token(text), own_pictures.read_ids(text)),
    "Origin": lambda text: (
        origin.is_same_origin({"origin": text, "host": text}, None),
        origin.is_from_this_machine({"origin": text, "host": text}),
    ),
    "Forwarded": lambda text: client_address.client_of(
        "10.0.0.1",
        [(b"x-forwarded-for", text.encode("latin-1")), (b"forwarded", text.encode("latin-1"))],
        networks("10.0.0.0/8"),
    ),
    "X-Forwarded-Proto": lambda text: client_address.scheme_of(
        [(b"x-forwarded-proto", text.encode("latin-1"))]
    ),
    "address": client_address.rate_limit_key,
}


@pytest.mark.parametrize("name", HEADER_DECODERS)
@given(text=header_texts)
@settings(max_examples=30)
def test_header(name: str, text: str):
    """A header of any client has a meaning or none, and raises nothing."""
    HEADER_DECODERS[name](text)


@given(st.sampled_from(sorted(Settings.model_fields)), texts)
@settings(max_examples=100)
def test_setting(name: str, text: str):
    """An invalid setting is named, whatever its value is."""
    with suppress(ValidationError):
        Settings(_env_file=None, **{name: text})
