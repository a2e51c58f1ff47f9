"""Messages of other programs hold only numbers that pages can show."""

import pytest

from core.errors import MessageError
from wire.messages.event import Event, decode_event, encode_event
from wire.messages.metadata import decode_metadata
from wire.messages.quantities import MAX_UNIX_SECONDS, unix_seconds

_STRANGE = ["1e400", "-1e400", "NaN", "Infinity", "-Infinity"]
_TIMINGS = '"timings": {"painting": 1, "storing": %s}'
_TELEMETRY = '"telemetry": {"device": "cpu", "%s": %s}'
_MODEL = '"model": {"family": "StableDiffusionPipeline", %s}'


@pytest.mark.parametrize("number", [*_STRANGE, "1e15", "-1", "253402300800"])
def test_event_outside_the_calendar_is_refused(number: str):
    """A time that no page can show is refused where it arrives."""
    with pytest.raises(MessageError, match="at should be"):
        decode_event(f'{{"kind": "ready", "at": {number}}}'.encode())


@pytest.mark.parametrize("number", [*_STRANGE, "1e300"])
@pytest.mark.parametrize(
    "field",
    [
        _TIMINGS,
        _TELEMETRY.replace("%s", "power_watts", 1),
        _TELEMETRY.replace("%s", "utilization_ratio", 1),
        _TELEMETRY.replace("%s", "memory_used_bytes", 1),
        '"step": %s',
        '"picture": %s',
        _MODEL % '"defaults": {"guidance_scale": %s}',
        _MODEL % '"max_steps": %s',
    ],
)
def test_event_with_a_strange_number_is_refused(field: str, number: str):
    """No number of an event is infinite, undefined or beyond what pages can draw."""
    with pytest.raises(MessageError):
        decode_event(f'{{"kind": "done", "at": 1, {field % number}}}'.encode())


@pytest.mark.parametrize("field", ["size_multiple", "min_side", "max_side"])
def test_event_with_a_size_of_zero_is_refused(field: str):
    """Forms divide by these."""
    model = _MODEL % f'"{field}": 0'
    with pytest.raises(MessageError):
        decode_event(f'{{"kind": "ready", "at": 1, {model}}}'.encode())


def test_huge_integer_is_refused():
    """JSON has integers of any length; Python's floats do not."""
    with pytest.raises(MessageError):
        decode_event(f'{{"kind": "step", "at": 1, "step": {10**400}}}'.encode())


@pytest.mark.parametrize("number", _STRANGE)
def test_metadata_with_a_strange_number_is_refused(number: str):
    """Metadata in the bucket may be another program's."""
    with pytest.raises(MessageError):
        decode_metadata(
            b'{"prompt": "x", "image_width": 1, "image_height": 1, "lcm_model_id": "m", '
            b'"inference_steps": 1, "number_of_images": 1, "seed": 1, "use_seed": true, '
            b'"guidance_scale": ' + number.encode() + b"}"
        )


def test_event_of_this_project_is_read():
    """An ordinary event is unchanged by writing and reading."""
    event = Event(kind="step", at=1.5, step=3, steps=4, picture=0)
    assert decode_event(encode_event(event)) == event


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), (0, 0), (1.5, 1.5), (-1, None), (MAX_UNIX_SECONDS + 1, None), (1.8e12, None)],
)
def test_time_of_another_program(value: float | None, expected: float | None):
    """A time in milliseconds, for example, is unknown, not in the year 58000."""
    assert unix_seconds(value) == expected
