"""Jobs: a prompt and the number of pictures to generate, as encoded on the queue.

A message is a JSON object. Only ``prompt`` is required, so the older sample's
``{"prompt": "yellow submarine", "count": 4}`` is valid.
"""

import json
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import uuid_utils
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core.errors import MessageError
from core.model_defaults import Side
from core.validation import first_error

MAX_PROMPT_CHARACTERS = 1000
"""CLIP reads the first 77 tokens only."""

MAX_PICTURES_PER_JOB = 100
MAX_MESSAGE_BYTES = 64 * 1024
"""A valid job is far smaller."""


def _clean_prompt(prompt: str) -> str:
    if any(ord(letter) < 32 and not letter.isspace() for letter in prompt):
        raise ValueError("contains control characters")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in prompt):
        raise ValueError("is not valid Unicode")
    prompt = " ".join(prompt.split())
    if not prompt:
        raise ValueError("is empty")
    return prompt


def _is_uuid(text: str) -> str:
    # An id is part of object names, so only the canonical spelling is valid.
    try:
        canonical = str(UUID(text))
    except ValueError:
        canonical = None
    if canonical != text:
        raise ValueError("is not a UUID in lower case")
    return text


Model = TypeVar("Model", bound=BaseModel)

JobId = Annotated[str, AfterValidator(_is_uuid)]


class JobRequest(BaseModel):
    """A request for pictures. ``None`` means the default of the worker's model."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="ignore", populate_by_name=True, serialize_by_alias=True
    )

    prompt: Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS), AfterValidator(_clean_prompt)]
    count: Annotated[int, Field(ge=1, le=MAX_PICTURES_PER_JOB)] = 1
    width: Side | None = None
    height: Side | None = None
    steps: Annotated[int, Field(ge=1, le=150)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    pending_approval: Literal[True] | None = Field(None, alias="held")
    """Set if the pictures need the presenter's approval, see wire/stores/approval.py."""


class Job(JobRequest):
    """A request with its id, which is part of the names of its objects in the store."""

    id: JobId


def new_job(request: JobRequest) -> Job:
    """Assign an id: a UUIDv7 (RFC 9562), so that ids sort by submission time."""
    return Job(id=str(uuid_utils.uuid7()), **request.model_dump())


def submitted_at(job_id: str) -> float | None:
    """Return the submission time in its UUIDv7, in Unix seconds; None for other UUIDs."""
    identity = UUID(job_id)
    return (identity.int >> 80) / 1000 if identity.version == 7 else None


def encode(job: JobRequest) -> bytes:
    """Encode a job as JSON."""
    return job.model_dump_json(exclude_none=True).encode()


def decode(body: bytes) -> Job | JobRequest:
    """Decode a message; a message without an id gives a JobRequest. Raises MessageError."""
    fields = _json_object(body)
    return validate(Job if "id" in fields else JobRequest, fields)


def validate(model: type[Model], fields: dict[str, Any]) -> Model:
    """Build a model from untrusted fields. Raises MessageError, which names the field."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        field, reason = first_error(error)
        raise MessageError(f"The {field or 'message'} {reason}.") from None


def _json_object(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_MESSAGE_BYTES:
        raise MessageError(
            f"The message has {len(body)} bytes; at most {MAX_MESSAGE_BYTES} are read."
        )
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise MessageError("The message is not JSON.") from None
    if not isinstance(fields, dict):
        raise MessageError("The message is JSON but not an object with a prompt.")
    return fields
