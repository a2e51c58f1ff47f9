"""Events of the embedded mode: a table in the queue's file, of which the newest are kept.

Unlike a broker's fanout, the table has a memory: a new listener first receives what is
kept, so a restarted dashboard knows its jobs again.
"""

import logging
import sqlite3
import time
from pathlib import Path

from core.errors import QueueUnavailable
from wire.events.base import readable
from wire.messages.event import Event, encode_event
from wire.sqlite.file import SqliteFile

log = logging.getLogger(__name__)

KEPT = 5000
_POLL_SECONDS = 0.05
_TRIM_EVERY = 100

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL
)
"""


class SqliteEvents:
    """Events in ``data_dir/queue.sqlite3``; see wire.events.base.Events for the promises."""

    def __init__(self, data_dir: Path) -> None:
        # An event may be lost, so its sender need not wait for the disk. Less than NORMAL
        # would endanger the jobs in the same file.
        self._file = SqliteFile(data_dir, _SCHEMA, synchronous="NORMAL")
        self._seen = 0

    def publish(self, event: Event) -> None:
        """Tell every listener. An event that cannot be written is logged and dropped."""
        try:
            with self._file.transaction() as connection:
                cursor = connection.execute(
                    "INSERT INTO events (body) VALUES (?)", (encode_event(event),)
                )
                self._trim(connection, cursor.lastrowid)
        except QueueUnavailable as error:
            log.warning("An event was dropped. %s", error)

    def receive(self, timeout: float) -> list[Event]:
        """Return the events since the last call, the kept ones at the first call."""
        deadline = time.monotonic() + timeout
        while True:
            query = "SELECT number, body FROM events WHERE number > ? ORDER BY number"
            rows = self._file.read(query, self._seen)
            left = deadline - time.monotonic()
            if rows or left <= 0:
                break
            time.sleep(min(left, _POLL_SECONDS))
        self._seen = rows[-1][0] if rows else self._seen
        return [event for _, body in rows if (event := readable(body))]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _trim(self, connection: sqlite3.Connection, newest: int) -> None:
        if newest % _TRIM_EVERY == 0:
            connection.execute("DELETE FROM events WHERE number <= ?", (newest - KEPT,))
