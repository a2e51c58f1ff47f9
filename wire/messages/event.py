"""Events: what happens to jobs and workers, told to whoever listens.

Events make the page quick; they are never the only record. A job's truth is its message
on the queue and then its objects in the store, so a lost event loses no job.
"""

import time
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import MessageError
from core.validation import first_error
from wire.messages.job import Job, JobId
from wire.messages.picture import Timings

Kind = Literal[
    "accepted",  # the queue confirmed the job; `job` is set
    "loading",  # a worker is loading its model; no job
    "ready",  # a worker has its model and waits for jobs; no job
    "received",  # a worker took the job; `job` is set
    "step",  # a worker finished step `step` of `steps` of picture `picture`
    "stored",  # `name`, picture `picture`, lies in the store
    "done",  # all pictures and the metadata lie in the store
    "failed",  # the job went to the dead-letter queue; `detail` says why
    "returned",  # a worker gave the job back to the queue; `detail` says why
    "cancelled",  # a person took the job back
    "deleted",  # a person deleted the picture `name` from the store
    "stopped",  # a worker ends; no job
]


class Event(BaseModel):
    """One thing that happened."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Kind
    at: float = Field(default_factory=time.time)
    """Unix seconds by the sender's clock."""
    worker: str | None = None
    job_id: JobId | None = None
    job: Job | None = None
    picture: int | None = None
    """The picture's number within its job, from 0."""
    step: int | None = None
    """Denoising steps finished, from 1 to `steps`."""
    steps: int | None = None
    name: str | None = None
    """The object that was stored or deleted."""
    detail: str | None = None
    """A sentence for a person."""
    timings: Timings | None = None
    """Where a job's time went, once it is done."""


def encode_event(event: Event) -> bytes:
    """Write an event as the JSON bytes of a message."""
    return event.model_dump_json(exclude_none=True).encode()


def decode_event(body: bytes) -> Event:
    """Read an event; raises MessageError for anything else."""
    try:
        return Event.model_validate_json(body)
    except ValidationError as error:
        raise MessageError(f"The event is not valid: {' '.join(first_error(error))}.") from None
