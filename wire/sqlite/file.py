"""The one SQLite file of the embedded mode, shared by many processes and threads.

Write-ahead logging lets readers go on while one process writes
(https://www.sqlite.org/wal.html). sqlite3's exceptions stop here.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from core.errors import QueueUnavailable

FILE_NAME = "queue.sqlite3"

# OFF is missing: any connection may copy the log into the file, and without waiting for the
# disk a power cut in the middle of it damages what all of them wrote
# (https://www.sqlite.org/pragma.html#pragma_synchronous).
Synchronous = Literal["FULL", "NORMAL"]

_BUSY_SECONDS = 5.0
"""How long a statement waits for another process to finish writing."""

_ADVICE = {
    "SQLITE_FULL": "the disk is full; free some space and try again",
    "SQLITE_READONLY": "it cannot be written; check the permissions of DATA_DIR",
    "SQLITE_CANTOPEN": "it cannot be opened; check that DATA_DIR exists and can be written",
    "SQLITE_BUSY": "another process held it for too long; try again",
    "SQLITE_NOTADB": "it is not an SQLite file; move it away",
    "SQLITE_CORRUPT": "it is damaged; move it away",
}


class SqliteFile:
    """One connection to the file, used by one thread at a time."""

    def __init__(self, data_dir: Path, schema: str, synchronous: Synchronous) -> None:
        """Open the file, make it if absent, and create the tables of ``schema``.

        ``synchronous`` is SQLite's pragma. At a power cut ``FULL`` loses nothing that was
        committed, and ``NORMAL`` at most the newest commits of this connection. Raises
        QueueUnavailable.
        """
        self._path = data_dir / FILE_NAME
        self._lock = threading.Lock()
        with self._readable_errors():
            data_dir.mkdir(parents=True, exist_ok=True)
            # check_same_thread: the lock above does what the check is there for.
            self._connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare(schema, synchronous)

    def _prepare(self, schema: str, synchronous: Synchronous) -> None:
        # Two processes that switch a new file to WAL at once get "database is locked"
        # without SQLite's busy timeout having been tried.
        for attempt in Retrying(
            retry=retry_if_exception_type(sqlite3.OperationalError),
            stop=stop_after_delay(1),
            wait=wait_random(0.01, 0.1),
            reraise=True,
        ):
            with attempt:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute(f"PRAGMA synchronous = {synchronous}")
                self._connection.executescript(f"BEGIN IMMEDIATE; {schema}; COMMIT")

    def read(self, statement: str, *parameters: object) -> list[tuple]:
        """Run one statement that changes nothing; never waits for a writer."""
        with self._lock, self._readable_errors():
            return self._connection.execute(statement, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write with nobody else writing; committed at the end, or undone by an error."""
        with self._lock, self._readable_errors():
            # IMMEDIATE takes the write lock first, so nothing that is read inside can
            # have changed by the time it is written.
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite roll back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise QueueUnavailable(self._sentence(error)) from None
        except OSError as error:
            raise QueueUnavailable(
                f"The queue in {self._path} cannot be used: {error.strerror}."
            ) from None

    def _sentence(self, error: sqlite3.Error) -> str:
        name = getattr(error, "sqlite_errorname", "")
        known = (advice for prefix, advice in _ADVICE.items() if name.startswith(prefix))
        return f"The queue in {self._path} cannot be used: {next(known, str(error).rstrip('.'))}."
