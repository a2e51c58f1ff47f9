"""The interface of job queues, implemented for SQLite and RabbitMQ.

- ``publish`` returns once the job is durable: on disk, or confirmed by the broker.
- A received job is leased to its receiver until it is acknowledged, requeued or rejected. If the
  receiver dies, the job returns to the queue.
- A job that failed is delivered again after a pause, which grows with its attempts; no such pause
  follows the other ways in which a job returns.
- Submitters take turns: the jobs of one do not delay those of another, however many there are.
- A job that was redelivered ``names.DELIVERY_LIMIT`` times goes to the dead-letter queue. What
  ``release`` returned is not counted.
- An invalid message goes to the dead-letter queue with the reason; it is never delivered.

All methods are thread-safe and raise QueueUnavailable if the queue is unreachable.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import MessageError
from wire.messages import names
from wire.messages.job import Job, decode, new_job
from wire.messages.names import DELIVERY_LIMIT

DELIVERY_LIMIT_EXCEEDED = f"It was delivered {DELIVERY_LIMIT + 1} times and no worker finished it."
DEAD_LETTER_GONE = "This dead letter is gone: it was retried or dropped meanwhile."

_MAX_BODY_CHARACTERS = 500


@dataclass(frozen=True)
class QueueDepth:
    """Number of jobs on the queue. None means unknown, not zero."""

    ready: int
    """Jobs that the next worker receives; scalers count these and the unacknowledged ones."""
    unacknowledged: int | None
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """Why ``unacknowledged`` is unknown or ``deferred`` incomplete, in sentences for users."""
    deferred: int = 0
    """Jobs that wait for something else than a worker: for the pause after a failed attempt, for
    their submitter's turn, or while the queue is paused."""
    paused: bool = False
    """Whether the queue delivers no job until ``resume``."""

    @property
    def waiting(self) -> int:
        """The number of jobs that no worker has."""
        return self.ready + self.deferred


@dataclass(frozen=True)
class Delivery:
    """A job that is leased to this process."""

    job: Job
    attempt: int
    """From 1; greater than 1 after a failure."""
    delivery_tag: int
    """Identifies this delivery to the queue that made it; opaque to others."""
    redelivered: bool = False
    """Whether the job was delivered before, so that a part of its pictures may be stored."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that is not delivered any more."""

    delivery_tag: str
    """Identifies the dead letter to ``retry_dead_letter`` and ``drop_dead_letter``: a hash of its
    body, or its row; opaque to others."""
    job: Job | None
    """None if the message is not a job, or has no id."""
    body: str
    """The first 500 characters of the message."""
    reason: str
    at: float | None
    """Time of dead-lettering, in Unix seconds."""


class Queue(Protocol):
    """A durable queue of jobs with leases, a delivery limit and dead letters."""

    def publish(self, job: Job) -> None:
        """Add a job; return once it is durable. Raises PublishRefused."""

    def receive(self, limit: int, timeout: float) -> list[Delivery]:
        """Lease up to ``limit`` jobs; wait up to ``timeout`` seconds for the first.

        With a timeout of 0, return the jobs that are ready now.
        """

    def acknowledge(self, delivery: Delivery) -> None:
        """Remove a finished job. Does nothing if the lease is lost."""

    def requeue(self, delivery: Delivery) -> None:
        """Return an unfinished job to the head of the queue; the attempt is counted."""

    def release(self, delivery: Delivery) -> None:
        """Return an unfinished job without counting the attempt; it may lose its position."""

    def retry_later(self, delivery: Delivery) -> None:
        """Return a failed job, to be delivered after a pause; the attempt is counted.

        ``retry_pause`` is the pause. Then the job is behind those that are ready.
        """

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Move a job to the dead-letter queue; the reason is a sentence."""

    def pause(self) -> None:
        """Deliver no job until ``resume``, in no process; jobs in progress continue."""

    def resume(self) -> None:
        """End a pause."""

    def move_to_front(self, job_id: str) -> bool:
        """Have a waiting job delivered next, its pause ended; return False if it does not wait."""

    def remove_waiting(self) -> Iterator[Job]:
        """Remove all jobs that no worker has, and yield each once it is removed."""

    def dispatch(self) -> None:
        """Make jobs ready whose turn has come; a dashboard calls this several times a second."""

    def depth(self) -> QueueDepth:
        """Count the jobs by what they wait for."""

    def count_dead_letters(self) -> int:
        """Count the dead letters, without reading them."""

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the newest ``limit`` dead letters, newest first, without removing them."""

    def retry_dead_letter(self, delivery_tag: str) -> None:
        """Move a dead letter's job back to the queue, with its delivery count reset.

        Raises MessageError if the message is not a job, QueueError if the dead letter is gone.
        """

    def drop_dead_letter(self, delivery_tag: str) -> None:
        """Delete a dead letter, if it exists."""

    def close(self) -> None:
        """Release leases and connections; leased jobs return to the queue."""


def retry_pause(attempt: int) -> float:
    """Return the seconds before a job is delivered again after its attempt failed."""
    pauses = names.RETRY_PAUSES_SECONDS
    return pauses[min(attempt, len(pauses)) - 1]


def decode_dead_letter(delivery_tag: str, body: bytes, reason: str, at: float | None) -> DeadLetter:
    """Build a dead letter from its message."""
    try:
        job = decode(body)
    except MessageError:
        job = None
    # A character has at most four bytes, so the rest of a huge message is not decoded.
    text = body[: 4 * _MAX_BODY_CHARACTERS].decode(errors="replace")[:_MAX_BODY_CHARACTERS]
    return DeadLetter(delivery_tag, job if isinstance(job, Job) else None, text, reason, at)


def decode_job(body: bytes) -> Job:
    """Decode a job, and assign an id if it has none. Raises MessageError."""
    job = decode(body)
    return job if isinstance(job, Job) else new_job(job)
