"""The file format of recordings: JSON Lines, of which the first describes the recording.

Line 1 is a ``Header``. Each other line is an input of the pages, in the order of arrival;
``kind`` is one of:

=============== =================================================================
``event``       an event about a job or a worker
``picture``     a picture was found in the store
``prompt``      the prompt of a job was read
``observation`` what changed since the previous observation (see ``observations.py``)
``object``      a picture as a thumbnail, or a job's metadata
=============== =================================================================

``at`` is always Unix seconds. ``null`` in a reading means unknown. Files of earlier versions
are upgraded while they are read (see ``migration.py``).
"""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from dashboard.domain.inputs import Input, PictureFound, PromptRead
from wire.messages.event import Event
from wire.messages.object_names import JobId
from wire.messages.quantities import UnixSeconds

FORMAT: Literal["stable-diffusion-live recording"] = "stable-diffusion-live recording"
VERSION = 2


def _finite(changes: dict[str, Any]) -> dict[str, Any]:
    """Raise ValueError for NaN and infinity, which are no JSON and which no page can show."""
    json.dumps(changes, allow_nan=False)
    return changes


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    at: UnixSeconds


class Header(_Line):
    """The first line: what was recorded, when and where."""

    format: Literal["stable-diffusion-live recording"] = FORMAT
    version: int = VERSION
    name: str
    mode: str
    """``laptop``, ``compose`` or ``cluster``."""
    lanes: tuple[str, ...]
    model: str


class EventLine(_Line):
    """An event, as it was received."""

    kind: Literal["event"] = "event"
    event: Event


class PictureLine(_Line):
    """A picture that was found in the store."""

    kind: Literal["picture"] = "picture"
    name: str
    stored_at: UnixSeconds


class PromptLine(_Line):
    """The prompt of a job."""

    kind: Literal["prompt"] = "prompt"
    job_id: JobId
    prompt: str


class ObservationLine(_Line):
    """What changed since the previous observation."""

    kind: Literal["observation"] = "observation"
    changes: Annotated[dict[str, Any], AfterValidator(_finite)]


class ObjectLine(_Line):
    """An object of the store, so that a recording needs no other file."""

    kind: Literal["object"] = "object"
    name: str
    type: Literal["image/webp", "image/jpeg", "image/png", "application/json"]
    data: str
    """Base64."""


Line = EventLine | PictureLine | PromptLine | ObservationLine | ObjectLine

_adapter: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


def encode(line: Header | Line) -> bytes:
    """Encode a line, including its newline."""
    null_is_a_value = isinstance(line, ObservationLine)
    return line.model_dump_json(exclude_none=not null_is_a_value).encode() + b"\n"


def decode(text: bytes) -> Line:
    """Decode any line but the first; raises pydantic's ValidationError."""
    return _adapter.validate_json(text)


def to_line(at: float, value: Event | PictureFound | PromptRead) -> Line:
    """Return the line of an input that arrived at ``at``.

    Observations are written as differences, see ``observations.py``.
    """
    if isinstance(value, Event):
        return EventLine(at=at, event=value)
    if isinstance(value, PictureFound):
        return PictureLine(at=at, name=value.name, stored_at=value.at)
    return PromptLine(at=at, job_id=value.job_id, prompt=value.prompt)


def to_input(line: EventLine | PictureLine | PromptLine) -> Input:
    """Return the input of a line."""
    if isinstance(line, EventLine):
        return line.event
    if isinstance(line, PictureLine):
        return PictureFound(line.name, line.stored_at)
    return PromptRead(line.job_id, line.prompt)
