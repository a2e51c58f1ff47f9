"""Every error that one part of the project may show to another.

    ApplicationError
    ├── SettingsError         a setting is missing or wrong; names the variable
    ├── MessageError          bytes or fields that are not a job or an event
    ├── PromptRefused         the prompt holds a blocked word; does not say which
    ├── QueueError
    │   ├── QueueUnavailable  the broker or the file cannot be reached; try again
    │   └── PublishRefused    the broker answered, and did not take the message
    ├── StoreError
    │   ├── StoreUnavailable  the object store or the folder cannot be reached
    │   ├── StoreFull         no room is left; the job waits until there is
    │   └── ObjectMissing     no object has that name
    ├── FleetError            what runs the workers did not answer
    ├── RecordingError        a recording cannot be made, read or played
    └── GenerationError
        ├── ModelUnavailable  the model cannot be loaded; names the folder or hub name
        └── GenerationFailed    the pipeline failed on this job

Exceptions of pika, minio, sqlite3, torch and the rest stop at the module that calls
them. The text of each of these is a sentence for a person: what happened, what was
kept, what to do.
"""


class ApplicationError(Exception):
    """Base of all errors that cross a module's edge."""


class SettingsError(ApplicationError):
    """A setting is missing or wrong."""


class MessageError(ApplicationError):
    """A message cannot be understood; trying again will not help."""


class PromptRefused(ApplicationError):
    """The prompt holds a blocked word."""


class QueueError(ApplicationError):
    """The queue could not do what was asked."""


class QueueUnavailable(QueueError):
    """The queue cannot be reached at the moment."""


class PublishRefused(QueueError):
    """The queue was reached and did not accept the message."""


class StoreError(ApplicationError):
    """The store could not do what was asked."""


class StoreUnavailable(StoreError):
    """The store cannot be reached at the moment."""


class StoreFull(StoreError):
    """The store has no room for another object."""


class ObjectMissing(StoreError):
    """The store holds no object of that name."""


class FleetError(ApplicationError):
    """The fleet's state cannot be read at the moment."""


class RecordingError(ApplicationError):
    """A recording cannot be made, read or played."""


class GenerationError(ApplicationError):
    """A picture could not be painted."""


class ModelUnavailable(GenerationError):
    """The model cannot be loaded."""


class GenerationFailed(GenerationError):
    """The pipeline failed while it painted."""
