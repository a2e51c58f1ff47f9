"""The dead letters of the SQLite queue: jobs and messages that are not tried again."""

import sqlite3
import time

from core.errors import QueueError
from wire.messages.job import MAX_MESSAGE, Job
from wire.queues.base import DeadLetter
from wire.queues.dead_letters import EXHAUSTED, GONE, describe, job_of
from wire.sqlite.file import SqliteFile

__all__ = ["EXHAUSTED", "SCHEMA", "count", "dead_letter", "drop", "newest", "restore"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS dead_letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL,
    reason TEXT NOT NULL,
    died_at REAL NOT NULL
)
"""

_DROP = "DELETE FROM dead_letters WHERE number = ? RETURNING body"


def dead_letter(connection: sqlite3.Connection, body: bytes, reason: str) -> None:
    """Add a dead letter; its body is cut to the size that a job can have at most."""
    connection.execute(
        "INSERT INTO dead_letters (body, reason, died_at) VALUES (?, ?, ?)",
        (body[:MAX_MESSAGE], reason, time.time()),
    )


def count(file: SqliteFile) -> int:
    """Count the dead letters."""
    [(number,)] = file.read("SELECT count(*) FROM dead_letters")
    return number


def newest(file: SqliteFile, limit: int) -> list[DeadLetter]:
    """Read the newest ``limit`` dead letters, newest first."""
    query = "SELECT number, body, reason, died_at FROM dead_letters ORDER BY number DESC LIMIT ?"
    return [
        describe(str(number), body, reason, died_at)
        for number, body, reason, died_at in file.read(query, limit)
    ]


def restore(connection: sqlite3.Connection, delivery_tag: str) -> Job:
    """Remove a dead letter and return its job.

    Raises MessageError if it is no job, QueueError if it is gone; then nothing is removed.
    """
    for (body,) in connection.execute(_DROP, (delivery_tag,)).fetchall():
        return job_of(body)
    raise QueueError(GONE)


def drop(file: SqliteFile, delivery_tag: str) -> None:
    """Remove a dead letter, if it is still there."""
    with file.transaction() as connection:
        connection.execute(_DROP, (delivery_tag,)).fetchall()
