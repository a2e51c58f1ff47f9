"""The queue of the embedded mode: a table in one SQLite file, leases with an expiry.

A lease is a random number in the job's row and the time at which it ends. Its taker
renews it in the background; a taker that dies stops renewing, and the job is free again.
"""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from core.errors import MessageError, QueueUnavailable
from wire.messages.job import Job, decode, encode, new_job
from wire.messages.names import DELIVERY_LIMIT
from wire.queues import sqlite_dead_letters
from wire.queues.base import DeadLetter, Delivery, QueueDepth
from wire.queues.sqlite_leases import LeaseRenewal
from wire.sqlite.file import SqliteFile

LEASE_SECONDS = 15.0
_POLL_SECONDS = 0.05

_SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS jobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease INTEGER,
    leased_until REAL NOT NULL DEFAULT 0
);
"""
    + sqlite_dead_letters.SCHEMA
)

_LEASE = """
UPDATE jobs
SET attempts = attempts + 1, leased_until = ?, lease = random() & 0x7fffffffffffffff
WHERE position IN (
    SELECT position FROM jobs WHERE leased_until <= ? ORDER BY position LIMIT ?
)
RETURNING position, lease, attempts, CAST(body AS BLOB)
"""

_FREE = "UPDATE jobs SET lease = NULL, leased_until = 0 WHERE lease = ?"
_REMOVE = "DELETE FROM jobs WHERE lease = ? RETURNING CAST(body AS BLOB)"

_COUNT = """
SELECT count(*) FILTER (WHERE leased_until <= ?1), count(*) FILTER (WHERE leased_until > ?1)
FROM jobs
"""


class SqliteQueue:
    """A queue in ``data_dir/queue.sqlite3``; see wire.queues.base.Queue for its promises."""

    def __init__(self, data_dir: Path, lease_seconds: float = LEASE_SECONDS) -> None:
        self._file = SqliteFile(data_dir, _SCHEMA, synchronous="FULL")
        self._lease_seconds = lease_seconds
        self._renewal = LeaseRenewal(self._file, lease_seconds)

    def publish(self, job: Job) -> None:
        """Put a job on the queue; it is on the disk when this returns."""
        with self._file.transaction() as connection:
            connection.execute("INSERT INTO jobs (body) VALUES (?)", (encode(job),))

    def receive(self, limit: int, timeout: float) -> list[Delivery]:
        """Lease up to ``limit`` jobs; waits ``timeout`` seconds at most for the first."""
        deadline = time.monotonic() + timeout
        while True:
            if self._any_ready() and (deliveries := self._lease(limit)):
                return deliveries
            left = deadline - time.monotonic()
            if left <= 0:
                return []
            time.sleep(min(left, _POLL_SECONDS))

    def acknowledge(self, delivery: Delivery) -> None:
        """Remove a finished job, unless its lease ran out and another worker has it."""
        self._renewal.stop_for(delivery.delivery_tag)
        with self._file.transaction() as connection:
            connection.execute(_REMOVE, (delivery.delivery_tag,)).fetchall()

    def requeue(self, delivery: Delivery) -> None:
        """Return a job to its place in line; this attempt stays counted, once."""
        self._renewal.stop_for(delivery.delivery_tag)
        with self._file.transaction() as connection:
            connection.execute(_FREE, (delivery.delivery_tag,))

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Move a job to the dead letters, unless its lease was lost."""
        self._renewal.stop_for(delivery.delivery_tag)
        with self._file.transaction() as connection:
            for (body,) in connection.execute(_REMOVE, (delivery.delivery_tag,)).fetchall():
                sqlite_dead_letters.dead_letter(connection, body, reason)

    def depth(self) -> QueueDepth:
        """Count the jobs that wait, expired leases among them, and the leased ones."""
        [(ready, leased)] = self._file.read(_COUNT, time.time())
        return QueueDepth(ready, leased)

    def count_dead_letters(self) -> int:
        """Count the dead letters."""
        return sqlite_dead_letters.count(self._file)

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Read the newest ``limit`` dead letters, newest first."""
        return sqlite_dead_letters.newest(self._file, limit)

    def retry_dead_letter(self, delivery_tag: str) -> None:
        """Put a dead letter's job on the queue again, at its end, with no attempt counted.

        Raises MessageError if it was no job, QueueError if it is gone.
        """
        with self._file.transaction() as connection:
            job = sqlite_dead_letters.restore(connection, delivery_tag)
            connection.execute("INSERT INTO jobs (body) VALUES (?)", (encode(job),))

    def drop_dead_letter(self, delivery_tag: str) -> None:
        """Forget a dead letter; nothing happens if it is gone."""
        sqlite_dead_letters.drop(self._file, delivery_tag)

    def close(self) -> None:
        """Give back what is leased and close the file."""
        held = self._renewal.close()
        # If the file cannot be written any more, the leases run out by themselves.
        with suppress(QueueUnavailable), self._file.transaction() as connection:
            connection.executemany(_FREE, [(lease,) for lease in held])
        self._file.close()

    def _any_ready(self) -> bool:
        # A read, unlike the transaction that follows, disturbs no other process.
        query = "SELECT 1 FROM jobs WHERE leased_until <= ? LIMIT 1"
        return bool(self._file.read(query, time.time()))

    def _lease(self, limit: int) -> list[Delivery]:
        now = time.time()
        with self._file.transaction() as connection:
            rows = connection.execute(_LEASE, (now + self._lease_seconds, now, limit)).fetchall()
            # RETURNING promises no order (https://www.sqlite.org/lang_returning.html).
            admitted = [self._admit(connection, *row[1:]) for row in sorted(rows)]
        deliveries = [delivery for delivery in admitted if delivery]
        self._renewal.start_for(delivery.delivery_tag for delivery in deliveries)
        return deliveries

    def _admit(
        self, connection: sqlite3.Connection, lease: int, attempt: int, body: bytes
    ) -> Delivery | None:
        """Make a delivery of a leased row, or dead-letter the row if no worker should get it."""
        try:
            job = decode(body)
        except MessageError as error:
            return self._dead_letter(connection, lease, str(error))
        if attempt > DELIVERY_LIMIT + 1:
            return self._dead_letter(connection, lease, sqlite_dead_letters.EXHAUSTED)
        if not isinstance(job, Job):
            # Somebody wrote a request without an id: it keeps the one it gets here.
            job = new_job(job)
            connection.execute("UPDATE jobs SET body = ? WHERE lease = ?", (encode(job), lease))
        return Delivery(job, attempt, lease)

    def _dead_letter(self, connection: sqlite3.Connection, lease: int, reason: str) -> None:
        for (body,) in connection.execute(_REMOVE, (lease,)).fetchall():
            sqlite_dead_letters.dead_letter(connection, body, reason)
