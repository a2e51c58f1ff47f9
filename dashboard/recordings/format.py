"""The format of a recording: JSON Lines, the first of which says what it is.

Line 1 is a ``Header``. Each other line is one thing in the order in which it entered the
pages, told apart by ``kind``:

=============== =================================================================
``event``       an event about a job or a worker
``picture``     a picture became known
``prompt``      a job's prompt became known
``observation`` what changed since the previous observation (see ``observations.py``)
``object``      a picture as a thumbnail, or a job's metadata
=============== =================================================================

``at`` is always Unix seconds. ``null`` in a reading means unknown. Files of earlier versions
are upgraded while they are read (see ``migration.py``).
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from dashboard.domain.inputs import Input, PictureFound, PromptRead
from wire.messages.event import Event
from wire.messages.job import JobId

FORMAT = "stable-diffusion-live recording"
VERSION = 2


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    at: float


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
    """An event, as it was heard."""

    kind: Literal["event"] = "event"
    event: Event


class PictureLine(_Line):
    """A picture that became known."""

    kind: Literal["picture"] = "picture"
    name: str
    stored_at: float


class PromptLine(_Line):
    """What a job's pictures show."""

    kind: Literal["prompt"] = "prompt"
    job_id: JobId
    prompt: str


class ObservationLine(_Line):
    """What changed since the previous observation."""

    kind: Literal["observation"] = "observation"
    changes: dict[str, Any]


class ObjectLine(_Line):
    """An object of the store, so that one file is a whole talk."""

    kind: Literal["object"] = "object"
    name: str
    type: Literal["image/webp", "image/jpeg", "image/png", "application/json"]
    data: str
    """Base64."""


Line = EventLine | PictureLine | PromptLine | ObservationLine | ObjectLine

_line: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


def encode(line: Header | Line) -> bytes:
    """Write one line, its end included."""
    nulls_count = isinstance(line, ObservationLine)
    return line.model_dump_json(exclude_none=not nulls_count).encode() + b"\n"


def decode(text: bytes) -> Line:
    """Read any line but the first; raises pydantic's ValidationError."""
    return _line.validate_json(text)


def line_of(at: float, one: Event | PictureFound | PromptRead) -> Line:
    """Make the line of an input that entered at ``at``.

    Observations are written as differences, see ``observations.py``.
    """
    if isinstance(one, Event):
        return EventLine(at=at, event=one)
    if isinstance(one, PictureFound):
        return PictureLine(at=at, name=one.name, stored_at=one.at)
    return PromptLine(at=at, job_id=one.job_id, prompt=one.prompt)


def input_of(line: EventLine | PictureLine | PromptLine) -> Input:
    """Read what entered."""
    if isinstance(line, EventLine):
        return line.event
    if isinstance(line, PictureLine):
        return PictureFound(line.name, line.stored_at)
    return PromptRead(line.job_id, line.prompt)
