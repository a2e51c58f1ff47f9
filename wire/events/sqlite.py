"""Events of the local mode: a table in the queue's file, limited to the newest events.

Unlike a fanout exchange, the table keeps events: a new subscriber first receives the stored
ones, so a restarted dashboard recovers its list of jobs. Previews are not kept: a table beside it
has the newest one of each job in progress.
"""

import logging
import sqlite3
import time
from pathlib import Path

from core.errors import QueueUnavailable
from wire.events.base import decode_or_skip
from wire.messages.event import Event, encode_event
from wire.sqlite.file import SqliteFile

log = logging.getLogger(__name__)

MAX_STORED_EVENTS = 5000
_EVENTS_BETWEEN_TRIMS = 100
_POLL_SECONDS = 0.05
_ENDS = frozenset({"done", "failed", "returned", "cancelled"})
"""The events after which a job is not in progress."""

_READ = """
SELECT number, body, preview FROM events LEFT JOIN previews USING (number)
WHERE number > ? ORDER BY number
"""

# Telemetry is of no use after some seconds, and would displace the jobs' events.
_TRIM = """
DELETE FROM events
WHERE number <= (SELECT number FROM events ORDER BY number DESC LIMIT 1 OFFSET ?)
   OR (number <= ? AND json_extract(CAST(body AS TEXT), '$.kind') = 'telemetry')
"""


class SqliteEvents:
    """Events in ``data_dir/queue.sqlite3``; see wire.events.base.Events."""

    def __init__(self, data_dir: Path) -> None:
        # An event may be lost, so publishing does not wait for the disk. Less than NORMAL
        # would endanger the jobs in the same file.
        self._file = SqliteFile(data_dir, synchronous="NORMAL")
        self._last_number = 0

    def publish(self, event: Event) -> None:
        """Publish to all subscribers. An event that cannot be written is logged and dropped."""
        try:
            with self._file.transaction() as connection:
                body = encode_event(event.model_copy(update={"preview": None}))
                cursor = connection.execute("INSERT INTO events (body) VALUES (?)", (body,))
                number = cursor.lastrowid or 0
                self._replace_preview(connection, number, event)
                self._trim(connection, number)
        except QueueUnavailable as error:
            log.warning("An event was dropped. %s", error)

    def receive(self, timeout: float) -> list[Event]:
        """Return the events since the last call; the first call returns all stored ones."""
        deadline = time.monotonic() + timeout
        while not (rows := self._file.read(_READ, self._last_number)):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return []
            time.sleep(min(remaining, _POLL_SECONDS))
        self._last_number, _, _ = rows[-1]
        return [
            event.model_copy(update={"preview": preview}) if preview else event
            for _, body, preview in rows
            if (event := decode_or_skip(body))
        ]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _replace_preview(self, connection: sqlite3.Connection, number: int, event: Event) -> None:
        if event.preview:
            statement = "INSERT OR REPLACE INTO previews VALUES (?, ?, ?)"
            connection.execute(statement, (event.job_id, number, event.preview))
        elif event.kind in _ENDS:
            connection.execute("DELETE FROM previews WHERE job_id = ?", (event.job_id,))

    def _trim(self, connection: sqlite3.Connection, newest: int) -> None:
        if newest % _EVENTS_BETWEEN_TRIMS == 0:
            connection.execute(_TRIM, (MAX_STORED_EVENTS, newest - _EVENTS_BETWEEN_TRIMS))
