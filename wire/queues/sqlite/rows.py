"""Changes of the table of jobs, within a transaction."""

import sqlite3
import time

from core.errors import MessageError
from wire.messages.job import MAX_MESSAGE_BYTES, Job, decode, encode, new_job
from wire.messages.names import DELIVERY_LIMIT
from wire.queues.base import DELIVERY_LIMIT_EXCEEDED, Delivery
from wire.queues.sqlite import statements


def publish(connection: sqlite3.Connection, job: Job) -> None:
    """Add a job."""
    connection.execute(statements.PUBLISH, (encode(job), job.submitter))


def admit(
    connection: sqlite3.Connection, lease: int, deliveries: int, body: bytes, releases: int
) -> Delivery | None:
    """Turn a leased row into a delivery; dead-letter the row if it must not be delivered."""
    try:
        job = decode(body)
    except MessageError as error:
        dead_letter(connection, lease, str(error))
        return None
    attempt = deliveries - releases
    if attempt > DELIVERY_LIMIT + 1:
        dead_letter(connection, lease, DELIVERY_LIMIT_EXCEEDED)
        return None
    if not isinstance(job, Job):
        # The id is stored, so that it is the same at every attempt.
        job = new_job(job)
        connection.execute("UPDATE jobs SET body = ? WHERE lease = ?", (encode(job), lease))
    return Delivery(job, attempt, lease, redelivered=deliveries > 1)


def dead_letter(connection: sqlite3.Connection, lease: int, reason: str) -> None:
    """Move a leased job to the dead letters."""
    for (body,) in connection.execute(statements.REMOVE, (lease,)).fetchall():
        add_dead_letter(connection, body, reason)


def add_dead_letter(connection: sqlite3.Connection, body: bytes, reason: str) -> None:
    """Keep a message as a dead letter; cut its body to the maximum size of a job."""
    values = (body[:MAX_MESSAGE_BYTES], reason, time.time())
    connection.execute(statements.ADD_DEAD_LETTER, values)
