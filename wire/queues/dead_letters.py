"""What the dead letters of every queue have in common."""

from core.errors import MessageError
from wire.messages.job import Job, decode, new_job
from wire.messages.names import DELIVERY_LIMIT
from wire.queues.base import DeadLetter

EXHAUSTED = f"It was handed out {DELIVERY_LIMIT + 1} times and no worker finished it."
GONE = "This dead letter is gone: somebody has retried or dropped it."

_SHOWN = 500
"""Characters of a message that people get to see."""


def job_of(body: bytes) -> Job:
    """Read a dead letter's job, with a new id if it has none. Raises MessageError."""
    job = decode(body)
    return job if isinstance(job, Job) else new_job(job)


def describe(delivery_tag: str, body: bytes, reason: str, at: float | None) -> DeadLetter:
    """Build what people see of a dead letter."""
    # A character has at most four bytes, so no more of a huge message is decoded.
    shown = body[: 4 * _SHOWN].decode(errors="replace")[:_SHOWN]
    return DeadLetter(delivery_tag, _job_or_none(body), shown, reason, at)


def _job_or_none(body: bytes) -> Job | None:
    try:
        job = decode(body)
    except MessageError:
        return None
    return job if isinstance(job, Job) else None
