"""Errors that cross module boundaries.

    ApplicationError
    ├── SettingsError         a setting is missing or wrong; names the variable
    ├── MessageError          bytes or fields that are not a job or an event
    │   └── UnknownEventKind  an event of a kind that a newer version added
    ├── PromptRefused         the prompt contains a blocked word; does not name it
    ├── QueueError
    │   ├── QueueUnavailable  the broker or the file is unreachable; can be retried
    │   ├── PublishRefused    the broker did not accept the message
    │   └── QueueFull         MAX_WAITING_JOBS are waiting; nothing was sent
    ├── JobNotWaiting         a worker has the job, or it is not on the queue
    ├── StoreError
    │   ├── StoreUnavailable  the object store or the folder is unreachable
    │   ├── StoreFull         no space is left; the job waits until there is
    │   └── ObjectMissing     no object has that name
    ├── FleetError            the cluster or the supervisor cannot be read
    ├── RecordingError        a recording cannot be written, read or played
    └── GenerationError
        ├── ModelUnavailable  the model cannot be loaded; names the folder or hub name
        └── GenerationFailed  the pipeline failed on this job

Exceptions of pika, minio, sqlite3, torch and other libraries are translated by the module
that calls the library. Each message is a sentence for users: what happened, what is kept,
what to do.
"""

from collections.abc import Mapping
from types import MappingProxyType


class ApplicationError(Exception):
    """Base class of all errors that cross module boundaries."""


class SettingsError(ApplicationError):
    """A setting is missing or wrong."""


class MessageError(ApplicationError):
    """A message is invalid; retrying does not help.

    Args:
        message: the first fault, as a sentence.
        faults: the reason for each invalid field, by its dotted name such as ``loras.0.weight``.

    """

    def __init__(self, message: str, faults: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(message)
        self.faults = faults


class UnknownEventKind(MessageError):
    """An event is of a kind that a newer version added."""


class PromptRefused(ApplicationError):
    """The prompt contains a blocked word."""


class QueueError(ApplicationError):
    """A queue operation failed."""


class QueueUnavailable(QueueError):
    """The queue is unreachable; the operation can be retried."""


class PublishRefused(QueueError):
    """The queue did not accept the message."""


class QueueFull(QueueError):
    """The maximum of jobs is waiting; the job was not sent."""

    retry_after_seconds = 10
    """After so long workers have usually taken jobs from the queue."""


class JobNotWaiting(ApplicationError):
    """A worker has the job, or it is not on the queue; its place was not changed."""


class StoreError(ApplicationError):
    """A store operation failed."""


class StoreUnavailable(StoreError):
    """The store is unreachable; the operation can be retried."""


class StoreFull(StoreError):
    """The store has no space for another object."""


class ObjectMissing(StoreError):
    """The store has no object of that name."""


class FleetError(ApplicationError):
    """The state of the fleet cannot be read."""


class RecordingError(ApplicationError):
    """A recording cannot be written, read or played."""


class GenerationError(ApplicationError):
    """A picture could not be generated."""


class ModelUnavailable(GenerationError):
    """The model cannot be loaded."""


class GenerationFailed(GenerationError):
    """The pipeline failed while generating."""


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its type if it has none."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]


def end_sentence(text: str) -> str:
    """Add a full stop to a text that does not end as a sentence."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
