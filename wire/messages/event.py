"""Events: progress of jobs and workers, published to all subscribers.

Events only make the page faster. The state of a job is its message on the queue, and then its
objects in the store, so a lost event loses no job.
"""

import time
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import MessageError, UnknownEventKind
from core.validation import first_error
from wire.messages.job import Job
from wire.messages.metadata import Timings
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import JobId
from wire.messages.preview import Preview
from wire.messages.quantities import Count, UnixSeconds
from wire.messages.telemetry import Telemetry

Kind = Literal[
    "accepted",  # the queue confirmed the job; `job` is set
    "loading",  # a worker is loading its model; no job
    "ready",  # a worker has loaded its model and waits for jobs; `model` is set, no job
    "received",  # a worker received the job; `job` is set
    "step",  # a worker finished step `step` of `steps` of picture `picture`
    "stored",  # picture `picture` is in the store as `name`
    "withheld",  # the safety checker rejected picture `picture`; `detail` is the reason
    "done",  # all pictures and the metadata are in the store
    "failed",  # the job went to the dead-letter queue; `detail` is the reason
    "returned",  # a worker requeued the job; `detail` is the reason
    "cancelled",  # a user cancelled the job
    "prioritized",  # a presenter moved the job to the front of the queue
    "deleted",  # a user deleted the picture `name` from the store
    "fault",  # a presenter injected a fault into `target`; `detail` names it, `job_id` may be set
    "telemetry",  # a worker measured its device; `telemetry` is set, no job
    "stopped",  # a worker stops; no job
]

FaultTarget = Literal["worker", "node", "scaler", "queue"]
"""What a presenter may inject a fault into."""


class Event(BaseModel):
    """A state change of a job or a worker."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Kind
    at: UnixSeconds = Field(default_factory=time.time)
    """Unix seconds, by the publisher's clock."""
    worker: str | None = None
    job_id: JobId | None = None
    job: Job | None = None
    picture: Count | None = None
    """The picture's number within its job, from 0."""
    step: Count | None = None
    """Denoising steps finished, from 1 to `steps`."""
    steps: Count | None = None
    preview: Preview = None
    """On some `step` events, the picture so far."""
    name: str | None = None
    """The object that was stored or deleted."""
    detail: str | None = None
    """A sentence for users."""
    retry_at: UnixSeconds | None = None
    """On `returned` after a failed attempt: when the job is delivered again."""
    removed: Literal[True] | None = None
    """On `cancelled`: the job is not on the queue any more."""
    target: FaultTarget | None = None
    """Set on `fault`."""
    timings: Timings | None = None
    """Set on `done`."""
    model: ModelCapabilities | None = None
    """Set on `ready`."""
    telemetry: Telemetry | None = None
    """Set on `telemetry`."""


def encode_event(event: Event) -> bytes:
    """Encode an event as JSON."""
    return event.model_dump_json(exclude_none=True).encode()


def decode_event(body: bytes) -> Event:
    """Decode an event. Raises MessageError, UnknownEventKind for a kind of a newer version."""
    try:
        return Event.model_validate_json(body)
    except ValidationError as error:
        text = f"The event is not valid: {' '.join(first_error(error))}."
        raise (UnknownEventKind if _is_unknown_kind(error) else MessageError)(text) from None


def _is_unknown_kind(error: ValidationError) -> bool:
    return any(
        problem["type"] == "literal_error" and problem["loc"] == ("kind",)
        for problem in error.errors(include_url=False)
    )
