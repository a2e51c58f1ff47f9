"""What a queue of jobs promises, whichever technology is behind it.

- ``publish`` returns only once the job is safe (on disk, or confirmed by the broker).
- A job that was taken stays leased to its taker until it is acknowledged, given back or
  rejected. If the taker dies, the job returns to the queue by itself.
- A job that was handed out again ``names.DELIVERY_LIMIT`` times and is still not done
  goes to the dead letters.
- A message that is no job goes to the dead letters when it is taken, with its reason; the
  taker never sees it.

All methods may be called from any thread. They raise QueueUnavailable while the queue
cannot be reached.
"""

from dataclasses import dataclass
from typing import Protocol

from wire.messages.job import Job


@dataclass(frozen=True)
class QueueDepth:
    """How many jobs the queue holds. None is unknown, never zero."""

    ready: int
    unacknowledged: int | None


@dataclass(frozen=True)
class Delivery:
    """A job, leased to this process."""

    job: Job
    attempt: int
    """From 1; more than 1 means that an earlier taker did not finish."""
    delivery_tag: int
    """What the queue needs to know which lease this is; opaque to others."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that will not be tried again by itself."""

    delivery_tag: str
    """Names this dead letter to ``retry_dead_letter`` and ``drop_dead_letter``."""
    job: Job | None
    """None if the message was no job."""
    body: str
    """The message's first 500 characters, for people."""
    reason: str
    at: float | None
    """Unix seconds at which it died."""


class Queue(Protocol):
    """A durable queue of jobs with leases, a delivery limit and dead letters."""

    def publish(self, job: Job) -> None:
        """Put a job on the queue; returns once it is safe. Raises PublishRefused."""

    def receive(self, limit: int, timeout: float) -> list[Delivery]:
        """Lease up to ``limit`` jobs; waits ``timeout`` seconds at most for the first.

        With a timeout of 0 it returns what waits now.
        """

    def acknowledge(self, delivery: Delivery) -> None:
        """Remove a finished job. Harmless if its lease was lost meanwhile."""

    def requeue(self, delivery: Delivery) -> None:
        """Return an unfinished job to the queue, for another worker, soon."""

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Send a job to the dead letters with the reason, a sentence."""

    def depth(self) -> QueueDepth:
        """Count the jobs that wait and the jobs that are leased."""

    def count_dead_letters(self) -> int:
        """Count the dead letters, without reading any; cheap."""

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Read the newest ``limit`` dead letters, newest first, leaving them where they are."""

    def retry_dead_letter(self, delivery_tag: str) -> None:
        """Put a dead letter's job on the queue again, as new.

        Raises MessageError if it was no job, QueueError if it is gone.
        """

    def drop_dead_letter(self, delivery_tag: str) -> None:
        """Forget a dead letter; nothing happens if it is gone."""

    def close(self) -> None:
        """Let go of leases and connections; leased jobs return to the queue."""
