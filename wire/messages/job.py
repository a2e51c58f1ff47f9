"""Jobs: a prompt and the number of pictures to generate, as encoded on the queue.

A message is a JSON object. Only ``prompt`` is required, so the older sample's
``{"prompt": "yellow submarine", "count": 4}`` is valid.
"""

import difflib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import uuid_utils
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.errors import MessageError
from core.validation import all_errors, first_error
from wire.messages.object_names import JobId
from wire.messages.parameters import GenerationParameters

MAX_PICTURES_PER_JOB = 100
MAX_MESSAGE_BYTES = 64 * 1024
"""A valid job is far smaller."""

_OTHER_NAMES = {
    "n": "count",
    "num_images": "count",
    "num_images_per_prompt": "count",
    "batch_size": "count",
    "num_inference_steps": "steps",
    "cfg_scale": "guidance_scale",
    "sampler": "scheduler",
    "sampler_name": "scheduler",
    "denoising_strength": "strength",
    "image": "init_image",
    "parallel": "separate",
    "in_parallel": "separate",
}
"""Names that diffusers, AUTOMATIC1111's web UI and other APIs have for a field."""

Model = TypeVar("Model", bound=BaseModel)


def _one_if_null(count: object) -> object:
    """Read ``"count": null`` as the older sample's worker did."""
    return 1 if count is None else count


class JobRequest(GenerationParameters):
    """A request for pictures that differ in their seeds only."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    count: Annotated[
        int,
        Field(title="Pictures", description="number of pictures", ge=1, le=MAX_PICTURES_PER_JOB),
        BeforeValidator(_one_if_null),
    ] = 1
    pending_approval: Literal[True] | None = Field(None, alias="held")
    """Set if the pictures need the presenter's approval, see wire/stores/approval.py."""


class Job(JobRequest):
    """A request with its id, which is part of the names of its objects in the store."""

    id: JobId
    submitter: Annotated[str, Field(max_length=64)] | None = None
    """Whose turn the job takes: a name without meaning, the same for all jobs of one submitter."""


def new_job(request: JobRequest, submitter: str | None = None, job_id: str | None = None) -> Job:
    """Assign an id: a UUIDv7 (RFC 9562), so that ids sort by submission time."""
    fields = request.model_dump() | ({"submitter": submitter} if submitter else {})
    return Job(id=job_id or str(uuid_utils.uuid7()), **fields)


def nth_seed(first: int, number: int) -> int:
    """Return the seed of a job's picture; after the largest seed comes 0."""
    return (first + number) % 2**32


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


def peek(body: bytes) -> tuple[str, str]:
    """Return a job's id and submitter without validating it, in a hundredth of the time.

    Each is empty where a message has none.
    """
    try:
        fields = _json_object(body)
    except MessageError:
        return "", ""
    found = (fields.get("id"), fields.get("submitter"))
    job_id, submitter = (text if isinstance(text, str) else "" for text in found)
    return job_id, submitter


def validate(model: type[Model], fields: dict[str, Any]) -> Model:
    """Build a model from untrusted fields. Raises MessageError, which names the field."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        field, reason = first_error(error)
        sentence = f"The {field or 'message'} {reason}."
        raise MessageError(sentence, all_errors(error)) from None


def refuse_unknown_fields(model: type[BaseModel], fields: dict[str, Any]) -> None:
    """Raise MessageError for a field that the model lacks, with the nearest name that it has."""
    # A field with an alias is the dashboard's own, which no client may set.
    known = [name for name, field in model.model_fields.items() if field.alias is None]
    for name in fields:
        if name not in known:
            nearest = _nearest(name, known)
            hint = f"; did you mean {nearest}?" if nearest else f". Fields: {', '.join(known)}."
            sentence = f"There is no field {name[:40]}{hint}"
            raise MessageError(sentence, {name[:40]: sentence})


def _nearest(name: str, known: Sequence[str]) -> str | None:
    if _OTHER_NAMES.get(name) in known:
        return _OTHER_NAMES[name]
    return next(iter(difflib.get_close_matches(name, known, n=1)), None)


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
