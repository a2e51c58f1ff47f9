"""Encoding and validation of jobs and events."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import MessageError
from wire.messages.event import Event, decode_event, encode_event
from wire.messages.job import (
    MAX_MESSAGE_BYTES,
    MAX_PICTURES_PER_JOB,
    Job,
    JobRequest,
    decode,
    encode,
    new_job,
    peek,
    refuse_unknown_fields,
    submitted_at,
    validate,
)
from wire.messages.parameters import MAX_PROMPT_CHARACTERS, PARAMETERS, Lora

ID = "0190b7a4-7a4e-7c3a-9d2e-0123456789ab"

prompts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=MAX_PROMPT_CHARACTERS
).filter(str.strip)
sides = st.integers(8, 256).map(lambda number: 8 * number)
lora_names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9)
loras = st.builds(Lora, name=lora_names)
requests = st.builds(
    JobRequest,
    prompt=prompts,
    count=st.integers(1, MAX_PICTURES_PER_JOB),
    width=st.none() | sides,
    height=st.none() | sides,
    steps=st.none() | st.integers(1, 150),
    seed=st.none() | st.integers(0, 2**32 - 1),
    negative_prompt=st.none() | prompts,
    guidance_scale=st.none() | st.floats(0, 50),
    scheduler=st.none() | st.sampled_from(["Euler a", "DPM++ 2M Karras"]),
    loras=st.lists(loras, max_size=2, unique_by=lambda lora: lora.name).map(tuple),
    init_image=st.none() | st.just(f"{ID}-0.png"),
    strength=st.none() | st.floats(0.02, 1),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(requests)
def test_job_survives_a_round_trip(request):
    """The worker decodes the job that was encoded."""
    job = new_job(request)
    assert decode(encode(job)) == job
    assert JobRequest(**job.model_dump(exclude={"id", "submitter"})) == request


@given(requests)
def test_job_fits_into_a_message(request):
    """No valid job exceeds the maximum size of a message."""
    assert len(encode(new_job(request))) <= MAX_MESSAGE_BYTES


@given(requests)
def test_request_without_an_id_survives_a_round_trip(request):
    """Clients of the older sample send no id."""
    assert decode(encode(request)) == request


@given(st.binary())
def test_any_bytes_decode_to_a_job_or_raise_message_error(body):
    """No message can crash a worker with another error."""
    assert_job_or_sentence(body)


FIELDS = ["id", "count", *PARAMETERS]


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_any_fields_decode_to_a_job_or_raise_message_error(fields):
    """Whatever a field contains, the error is a sentence."""
    assert_job_or_sentence(json.dumps(fields).encode())


def assert_job_or_sentence(body: bytes) -> None:
    try:
        assert isinstance(decode(body), JobRequest)
    except MessageError as error:
        assert str(error).startswith("The ")  # noqa: PT017 - both outcomes are valid
        assert str(error).endswith(".")  # noqa: PT017 - both outcomes are valid
        assert len(str(error)) < 300  # noqa: PT017


def test_message_of_the_older_sample_is_valid():
    """A prompt and a count are enough."""
    assert decode(b'{"prompt": "yellow submarine", "count": 4}') == JobRequest(
        prompt="yellow submarine", count=4
    )


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (encode(new_job(JobRequest(prompt="x"), "a")), None),
        (b'{"id": 7, "submitter": ["a"], "prompt": "x"}', ("", "")),
        (b'{"prompt": "x", "submitter": "a"}', ("", "a")),
        (b"[]", ("", "")),
        (b"\xff", ("", "")),
    ],
    ids=["job", "wrong types", "without an id", "no object", "no text"],
)
def test_peek_reads_what_determines_the_turn(body: bytes, found: tuple[str, str] | None):
    """A message is put in order without validating it, whatever it contains."""
    assert peek(body) == (found or (json.loads(body)["id"], "a"))


def test_unknown_fields_are_kept():
    """A field of a newer client survives a retry by this version."""
    job = decode(b'{"id": "%s", "prompt": "x", "priority": 9}' % ID.encode())
    assert json.loads(encode(JobRequest(**job.model_dump(exclude={"id"}))))["priority"] == 9


def test_unknown_field_of_a_request_is_refused_by_name():
    """A typing error in a field's name is not ignored; the nearest name is told."""
    fields = {"prompt": "x", "negative_promt": "blurry"}
    with pytest.raises(MessageError, match="negative_promt; did you mean negative_prompt"):
        refuse_unknown_fields(JobRequest, fields)
    with pytest.raises(MessageError, match=r"no field xyz\. Fields: prompt, negative_prompt, "):
        refuse_unknown_fields(JobRequest, {"xyz": 1})


def test_null_count_and_negative_seed_are_those_of_the_older_sample():
    """A null count is one picture, and a negative seed is a random one."""
    request = decode(b'{"prompt": "x", "count": null, "seed": -1}')
    assert (request.count, request.seed) == (1, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", 0),
        ("count", -1),
        ("count", 10**9),
        ("count", "7"),
        ("count", True),
        ("count", 1.5),
        ("prompt", ""),
        ("prompt", " \n\t "),
        ("prompt", None),
        ("prompt", 7),
        ("prompt", "a\x00b"),
        ("prompt", "\x1b[31m"),
        ("prompt", "\ud800"),
        ("prompt", "x" * (MAX_PROMPT_CHARACTERS + 1)),
        ("width", 63),
        ("width", 513),
        ("height", 2049),
        ("steps", 0),
        ("negative_prompt", "\x00"),
        ("guidance_scale", -1),
        ("guidance_scale", float("nan")),
        ("scheduler", "x" * 41),
        ("loras", [{"name": "x"}] * 9),
        ("init_image", "../secrets.png"),
        ("strength", 0),
        ("seed", 2**32),
    ],
)
def test_invalid_field_is_named(field, value):
    """The error names the invalid field."""
    with pytest.raises(MessageError, match=f"The {field} "):
        validate(JobRequest, {"prompt": "cartoon dwarf"} | {field: value})


@pytest.mark.parametrize(
    "identity",
    ["", "x", "../../etc/passwd", ID.upper(), f"{{{ID}}}", ID.replace("-", ""), f"{ID}\n", 7],
)
def test_id_has_one_spelling(identity):
    """An id is part of object names, so only its canonical form is valid."""
    with pytest.raises(MessageError, match="The id "):
        decode(json.dumps({"id": identity, "prompt": "x"}).encode())


def test_white_space_is_normalized():
    """A prompt of several lines becomes a single line."""
    assert JobRequest(prompt="  a\n\tcartoon   dwarf ").prompt == "a cartoon dwarf"


def test_ids_sort_by_submission_time():
    """A listing by name is a listing by time."""
    ids = [new_job(JobRequest(prompt="x")).id for _ in range(100)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 100


def test_id_contains_the_submission_time():
    """The submission time needs no separate field."""
    assert abs(submitted_at(new_job(JobRequest(prompt="x")).id) - time.time()) < 5
    assert submitted_at("9a1e1f5e-7a4e-4c3a-9d2e-0123456789ab") is None


def test_oversized_message_is_not_parsed():
    """Ten megabytes of brackets are refused without parsing."""
    with pytest.raises(MessageError, match=r"10000000 bytes"):
        decode(b"[" * 10_000_000)


def test_unset_fields_are_not_encoded():
    """A message contains no nulls."""
    assert json.loads(encode(Job(id=ID, prompt="x"))) == {"id": ID, "prompt": "x", "count": 1}


@given(st.floats(0, 1e11), st.text(st.characters(exclude_categories=["Cs"])))
def test_event_survives_a_round_trip(at, detail):
    """The dashboard decodes the event that was encoded."""
    event = Event(kind="failed", at=at, job_id=ID, detail=detail)
    assert decode_event(encode_event(event)) == event


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_decode_to_an_event_or_raise_message_error(body):
    """No message can crash the dashboard with another error."""
    try:
        assert isinstance(decode_event(body), Event)
    except MessageError as error:
        assert str(error).endswith(".")  # noqa: PT017 - both outcomes are valid
