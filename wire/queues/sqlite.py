"""The queue of the local mode: a table in an SQLite file, with leases that expire.

A lease is a random number in the job's row, with its expiry. The receiver renews it in the
background; when the receiver dies, the lease expires and the job is ready again.

Expiries are times of the monotonic clock, which all processes of a machine share and which setting
the date does not change. It starts anew with the machine: an expiry that lies further ahead than a
lease lasts is from before, when its receiver died with the machine.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from core.errors import MessageError, QueueError, QueueUnavailable
from wire.messages.job import MAX_MESSAGE_BYTES, Job, decode, encode, new_job
from wire.messages.names import DELIVERY_LIMIT
from wire.queues.base import (
    DEAD_LETTER_GONE,
    DELIVERY_LIMIT_EXCEEDED,
    DeadLetter,
    Delivery,
    QueueDepth,
    decode_dead_letter,
    decode_job,
)
from wire.sqlite.file import SqliteFile

log = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
_POLL_SECONDS = 0.01

_PUBLISH = "INSERT INTO jobs (body) VALUES (?)"

_LEASE = """
UPDATE jobs
SET attempts = attempts + 1, leased_until = ?, lease = random() & 0x7fffffffffffffff
WHERE position IN (
    SELECT position FROM jobs WHERE leased_until NOT BETWEEN ? AND ? ORDER BY position LIMIT ?
)
RETURNING
    position, lease, attempts, CAST(body AS BLOB),
    coalesce((SELECT count FROM releases WHERE releases.position = jobs.position), 0)
"""

_RENEW = "UPDATE jobs SET leased_until = ? WHERE lease = ?"
_RETURN = "UPDATE jobs SET lease = NULL, leased_until = 0 WHERE lease = ?"
_COUNT_RELEASE = """
INSERT INTO releases SELECT position, 1 FROM jobs WHERE lease = ?
ON CONFLICT DO UPDATE SET count = count + 1
"""
_MOVE_TO_END = "UPDATE jobs SET position = (SELECT max(position) + 1 FROM jobs) WHERE lease = ?"
_REMOVE = "DELETE FROM jobs WHERE lease = ? RETURNING CAST(body AS BLOB)"

_COUNT = """
SELECT count(*) FILTER (WHERE leased_until NOT BETWEEN ?1 AND ?2),
    count(*) FILTER (WHERE leased_until BETWEEN ?1 AND ?2)
FROM jobs
"""

_ADD_DEAD_LETTER = "INSERT INTO dead_letters (body, reason, died_at) VALUES (?, ?, ?)"
_REMOVE_DEAD_LETTER = "DELETE FROM dead_letters WHERE number = ? RETURNING body"


class SqliteQueue:
    """A queue in ``data_dir/queue.sqlite3``; see wire.queues.base.Queue."""

    def __init__(self, data_dir: Path, lease_seconds: float = LEASE_SECONDS) -> None:
        self._file = SqliteFile(data_dir, synchronous="FULL")
        self._lease_seconds = lease_seconds
        self._renewal = LeaseRenewal(self._file, lease_seconds)

    def publish(self, job: Job) -> None:
        """Add a job; it is on disk when this returns."""
        with self._file.transaction() as connection:
            connection.execute(_PUBLISH, (encode(job),))

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
            connection.execute(_REMOVE, (delivery.delivery_tag,)).fetchall()

    def requeue(self, delivery: Delivery) -> None:
        """Return a job to its position in the queue; the attempt stays counted."""
        self._return(delivery)

    def release(self, delivery: Delivery) -> None:
        """Return a job to its position in the queue without counting the attempt."""
        self._return(delivery, _COUNT_RELEASE)

    def retry_later(self, delivery: Delivery) -> None:
        """Return a failed job to the end of the queue; the attempt stays counted."""
        self._return(delivery, _MOVE_TO_END)

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Move a job to the dead letters, unless its lease expired."""
        self._renewal.remove(delivery.delivery_tag)
        with self._file.transaction() as connection:
            _dead_letter(connection, delivery.delivery_tag, reason)

    def depth(self) -> QueueDepth:
        """Count the ready jobs, including expired leases, and the leased ones."""
        [(ready, leased)] = self._file.read(_COUNT, *self._leased_range())
        return QueueDepth(ready, leased)

    def count_dead_letters(self) -> int:
        """Count the dead letters."""
        count: int
        [(count,)] = self._file.read("SELECT count(*) FROM dead_letters")
        return count

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the newest ``limit`` dead letters, newest first."""
        query = (
            "SELECT number, body, reason, died_at FROM dead_letters ORDER BY number DESC LIMIT ?"
        )
        return [
            decode_dead_letter(str(number), body, reason, died_at)
            for number, body, reason, died_at in self._file.read(query, limit)
        ]

    def retry_dead_letter(self, delivery_tag: str) -> None:
        """Move a dead letter's job to the end of the queue, with its delivery count reset.

        Raises MessageError if the message is not a job, QueueError if the dead letter is gone.
        """
        with self._file.transaction() as connection:
            rows = connection.execute(_REMOVE_DEAD_LETTER, (delivery_tag,)).fetchall()
            if not rows:
                raise QueueError(DEAD_LETTER_GONE)
            # An error here rolls back, and the dead letter stays.
            [(body,)] = rows
            connection.execute(_PUBLISH, (encode(decode_job(body)),))

    def drop_dead_letter(self, delivery_tag: str) -> None:
        """Delete a dead letter, if it exists."""
        with self._file.transaction() as connection:
            connection.execute(_REMOVE_DEAD_LETTER, (delivery_tag,)).fetchall()

    def close(self) -> None:
        """Release all leases and close the file."""
        leases = self._renewal.close()
        # If the file is not writable any more, the leases expire.
        with suppress(QueueUnavailable), self._file.transaction() as connection:
            connection.executemany(_RETURN, [(lease,) for lease in leases])
        self._file.close()

    def _return(self, delivery: Delivery, *statements: str) -> None:
        self._renewal.remove(delivery.delivery_tag)
        with self._file.transaction() as connection:
            for statement in (*statements, _RETURN):
                connection.execute(statement, (delivery.delivery_tag,))

    def _any_ready(self) -> bool:
        # Unlike the transaction that follows, a read blocks no other process.
        query = "SELECT 1 FROM jobs WHERE leased_until NOT BETWEEN ? AND ? LIMIT 1"
        return bool(self._file.read(query, *self._leased_range()))

    def _leased_range(self) -> tuple[float, float]:
        """Return between which expiries a lease is valid; they lie in the future."""
        now = time.monotonic()
        return now, now + max(self._lease_seconds, LEASE_SECONDS)

    def _lease(self, limit: int) -> list[Delivery]:
        with self._file.transaction() as connection:
            leased_until = time.monotonic() + self._lease_seconds
            parameters = (leased_until, *self._leased_range(), limit)
            rows = connection.execute(_LEASE, parameters).fetchall()
            # RETURNING guarantees no order (https://www.sqlite.org/lang_returning.html).
            rows_in_order = sorted(rows)
            candidates = [_admit(connection, *row[1:]) for row in rows_in_order]
        deliveries = [delivery for delivery in candidates if delivery]
        self._renewal.add(delivery.delivery_tag for delivery in deliveries)
        return deliveries


def _admit(
    connection: sqlite3.Connection, lease: int, deliveries: int, body: bytes, releases: int
) -> Delivery | None:
    """Turn a leased row into a delivery; dead-letter the row if it must not be delivered."""
    try:
        job = decode(body)
    except MessageError as error:
        _dead_letter(connection, lease, str(error))
        return None
    attempt = deliveries - releases
    if attempt > DELIVERY_LIMIT + 1:
        _dead_letter(connection, lease, DELIVERY_LIMIT_EXCEEDED)
        return None
    if not isinstance(job, Job):
        # The id is stored, so that it is the same at every attempt.
        job = new_job(job)
        connection.execute("UPDATE jobs SET body = ? WHERE lease = ?", (encode(job), lease))
    return Delivery(job, attempt, lease, redelivered=deliveries > 1)


def _dead_letter(connection: sqlite3.Connection, lease: int, reason: str) -> None:
    """Move a leased job to the dead letters; cut its body to the maximum size of a job."""
    for (body,) in connection.execute(_REMOVE, (lease,)).fetchall():
        connection.execute(_ADD_DEAD_LETTER, (body[:MAX_MESSAGE_BYTES], reason, time.time()))


class LeaseRenewal:
    """Renews leases in a background thread, which the first lease starts."""

    def __init__(self, file: SqliteFile, lease_seconds: float) -> None:
        self._file = file
        self._lease_seconds = lease_seconds
        self._leases: set[int] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, leases: Iterable[int]) -> None:
        """Renew these leases until they are removed."""
        with self._lock:
            self._leases.update(leases)
            if self._leases and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()

    def remove(self, lease: int) -> None:
        """Stop renewing a lease."""
        with self._lock:
            self._leases.discard(lease)

    def close(self) -> set[int]:
        """Stop the thread; return the remaining leases."""
        self._closing.set()
        if self._thread:
            self._thread.join()
        return self._leases

    def _run(self) -> None:
        # Three attempts per lease: a late renewal loses nothing.
        while not self._closing.wait(self._lease_seconds / 3):
            try:
                self._renew()
            except QueueUnavailable as error:
                log.warning("Leases were not renewed; retrying. %s", error)

    def _renew(self) -> None:
        with self._lock:
            leases = sorted(self._leases)
        if leases:
            leased_until = time.monotonic() + self._lease_seconds
            with self._file.transaction() as connection:
                connection.executemany(_RENEW, [(leased_until, lease) for lease in leases])
