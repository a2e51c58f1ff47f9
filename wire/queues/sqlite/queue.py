"""The queue of the local mode: a table in an SQLite file, with leases that expire.

A lease is a random number in the job's row, with its expiry. The receiver renews it in the
background; when the receiver dies, the lease expires and the job is ready again.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from core.errors import MessageError, QueueError, QueueUnavailable
from wire.messages.job import Job
from wire.queues.base import (
    DEAD_LETTER_GONE,
    DeadLetter,
    Delivery,
    QueueDepth,
    decode_dead_letter,
    decode_job,
    retry_pause,
)
from wire.queues.sqlite import rows, statements
from wire.queues.sqlite.leases import LEASE_SECONDS, LeaseRenewal, limits
from wire.sqlite.file import SqliteFile

_POLL_SECONDS = 0.01


class SqliteQueue:
    """A queue in ``data_dir/queue.sqlite3``; see wire.queues.base.Queue."""

    def __init__(self, data_dir: Path, lease_seconds: float = LEASE_SECONDS) -> None:
        self._file = SqliteFile(data_dir, synchronous="FULL")
        self._lease_seconds = lease_seconds
        self._renewal = LeaseRenewal(self._file, lease_seconds)

    def publish(self, job: Job) -> None:
        """Add a job; it is on disk when this returns."""
        with self._file.transaction() as connection:
            rows.publish(connection, job)

    def receive(self, limit: int, timeout: float) -> list[Delivery]:
        """Lease up to ``limit`` jobs; wait up to ``timeout`` seconds for the first."""
        deadline = time.monotonic() + timeout
        while True:
            if self._any_ready() and (deliveries := self._lease(limit)):
                return deliveries
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return []
            time.sleep(min(remaining, _POLL_SECONDS))

    def acknowledge(self, delivery: Delivery) -> None:
        """Remove a finished job, unless its lease expired and another worker has it."""
        self._renewal.remove(delivery.delivery_tag)
        with self._file.transaction() as connection:
            connection.execute(statements.REMOVE, (delivery.delivery_tag,)).fetchall()

    def requeue(self, delivery: Delivery) -> None:
        """Return a job to its position in the queue; the attempt stays counted."""
        self._return(delivery)

    def release(self, delivery: Delivery) -> None:
        """Return a job to its position in the queue without counting the attempt."""
        self._return(delivery, statements.COUNT_RELEASE)

    def retry_later(self, delivery: Delivery) -> None:
        """Return a failed job to the end of the queue, after a pause; the attempt stays counted."""
        self._renewal.remove(delivery.delivery_tag)
        not_before = time.monotonic() + retry_pause(delivery.attempt)
        with self._file.transaction() as connection:
            connection.execute(statements.RETRY_LATER, (delivery.delivery_tag, not_before))

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Move a job to the dead letters, unless its lease expired."""
        self._renewal.remove(delivery.delivery_tag)
        with self._file.transaction() as connection:
            rows.dead_letter(connection, delivery.delivery_tag, reason)

    def pause(self) -> None:
        """Deliver no job until ``resume`` is called, by whichever process."""
        with self._file.transaction() as connection:
            connection.execute(statements.PAUSE)

    def resume(self) -> None:
        """End the pause of the queue."""
        with self._file.transaction() as connection:
            connection.execute(statements.RESUME)

    def move_to_front(self, job_id: str) -> bool:
        """Deliver a waiting job next; return False if it does not wait."""
        with self._file.transaction() as connection:
            parameters = (*self._limits()[:2], job_id)
            return bool(connection.execute(statements.MOVE_TO_FRONT, parameters).fetchall())

    def remove_waiting(self) -> Iterator[Job]:
        """Remove all jobs that no worker has, at once, and yield them."""
        with self._file.transaction() as connection:
            removed = connection.execute(statements.REMOVE_WAITING, self._limits()[:2]).fetchall()
        # Decoding thousands takes seconds, in which others may use the file.
        for (body,) in removed:
            try:
                yield decode_job(body)
            except MessageError as error:
                with self._file.transaction() as connection:
                    rows.add_dead_letter(connection, body, str(error))

    def dispatch(self) -> None:
        """Do nothing: the order of the table is fair."""

    def depth(self) -> QueueDepth:
        """Count the ready jobs, including expired leases, the leased and the other ones."""
        [(ready, leased, total, paused)] = self._file.read(statements.COUNT, *self._limits())
        return QueueDepth(ready, leased, deferred=total - ready - leased, paused=bool(paused))

    def count_dead_letters(self) -> int:
        """Count the dead letters."""
        count: int
        [(count,)] = self._file.read(statements.COUNT_DEAD_LETTERS)
        return count

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the newest ``limit`` dead letters, newest first."""
        found = self._file.read(statements.NEWEST_DEAD_LETTERS, limit)
        return [decode_dead_letter(str(number), *row) for number, *row in found]

    def retry_dead_letter(self, delivery_tag: str) -> None:
        """Move a dead letter's job to the end of the queue, with its delivery count reset.

        Raises MessageError if the message is not a job, QueueError if the dead letter is gone.
        """
        with self._file.transaction() as connection:
            found = connection.execute(statements.REMOVE_DEAD_LETTER, (delivery_tag,)).fetchall()
            if not found:
                raise QueueError(DEAD_LETTER_GONE)
            # An error here rolls back, and the dead letter stays.
            [(body,)] = found
            rows.publish(connection, decode_job(body))

    def drop_dead_letter(self, delivery_tag: str) -> None:
        """Delete a dead letter, if it exists."""
        with self._file.transaction() as connection:
            connection.execute(statements.REMOVE_DEAD_LETTER, (delivery_tag,)).fetchall()

    def close(self) -> None:
        """Release all leases and close the file."""
        leases = self._renewal.close()
        # If the file is not writable any more, the leases expire.
        with suppress(QueueUnavailable), self._file.transaction() as connection:
            connection.executemany(statements.RETURN, [(lease,) for lease in leases])
        self._file.close()

    def _return(self, delivery: Delivery, *changes: str) -> None:
        self._renewal.remove(delivery.delivery_tag)
        with self._file.transaction() as connection:
            for statement in (*changes, statements.RETURN):
                connection.execute(statement, (delivery.delivery_tag,))

    def _any_ready(self) -> bool:
        # Unlike the transaction that follows, a read blocks no other process.
        return bool(self._file.read(statements.ANY_READY, *self._limits()))

    def _limits(self) -> tuple[float, float, float]:
        return limits(self._lease_seconds)

    def _lease(self, limit: int) -> list[Delivery]:
        with self._file.transaction() as connection:
            leased_until = time.monotonic() + self._lease_seconds
            parameters = (*self._limits(), leased_until, limit)
            leased = sorted(connection.execute(statements.LEASE, parameters).fetchall())
            candidates = [rows.admit(connection, *row[3:]) for row in leased]
        deliveries = [delivery for delivery in candidates if delivery]
        self._renewal.add(delivery.delivery_tag for delivery in deliveries)
        return deliveries
