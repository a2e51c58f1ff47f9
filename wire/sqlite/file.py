"""The SQLite file of the local mode, shared by processes and threads.

With write-ahead logging, readers do not block while a process writes
(https://www.sqlite.org/wal.html). sqlite3's exceptions are translated here.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from core.call_lock import CallLock
from core.errors import QueueUnavailable
from core.private_files import make_private_file, make_private_folder
from wire.sqlite.schema import prepare

FILE_NAME = "queue.sqlite3"

# OFF is missing: any connection may run a checkpoint, and a power cut during an unsynced one
# corrupts the file for all of them (https://www.sqlite.org/pragma.html#pragma_synchronous).
Synchronous = Literal["FULL", "NORMAL"]

_BUSY_SECONDS = 5.0
"""Time that a statement waits for the write lock of another process."""

_ADVICE = {
    "SQLITE_FULL": "the disk is full; free some space and try again",
    "SQLITE_READONLY": "it cannot be written; check the permissions of DATA_DIR",
    "SQLITE_CANTOPEN": "it cannot be opened; check that DATA_DIR exists and can be written",
    "SQLITE_BUSY": "another process locked it for too long; try again",
    "SQLITE_NOTADB": "it is not an SQLite file; move it elsewhere",
    "SQLITE_CORRUPT": "it is damaged; move it elsewhere",
}


class SqliteFile:
    """Two connections to the file, one of which writes; locks serialize their threads.

    A thread that waits for the write lock of another process holds up no reader.
    """

    def __init__(self, data_dir: Path, synchronous: Synchronous) -> None:
        """Open, create or migrate the file. Raises QueueUnavailable and SettingsError.

        ``synchronous`` is SQLite's pragma. On a power cut ``FULL`` loses no committed
        transaction, and ``NORMAL`` at most the newest ones of this connection.
        """
        self._path = data_dir / FILE_NAME
        self._lock, self._reading = CallLock(), threading.Lock()
        with self._translated_errors():
            make_private_folder(data_dir)
            make_private_file(self._path)
            self._connection = self._connect()
            self._prepare(synchronous)
            self._reader = self._connect()

    def _connect(self) -> sqlite3.Connection:
        # The locks replace check_same_thread.
        return sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )

    def _prepare(self, synchronous: Synchronous) -> None:
        # Switching a new file to WAL in two processes at once fails with "database is locked"
        # without a wait for the busy timeout.
        for attempt in Retrying(
            retry=retry_if_exception_type(sqlite3.OperationalError),
            stop=stop_after_delay(1),
            wait=wait_random(0.01, 0.1),
            reraise=True,
        ):
            with attempt:
                # Before the switch to WAL, so that another program's file stays unchanged.
                prepare(self._connection, self._path)
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute(f"PRAGMA synchronous = {synchronous}")

    def read(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a read-only statement; never waits for a writer."""
        with self._reading, self._translated_errors():
            return self._reader.execute(statement, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a write transaction: commit at the end, roll back on an error."""
        with self._lock, self._translated_errors():
            # IMMEDIATE takes the write lock first, so what is read inside cannot change
            # before it is written.
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # On a full disk SQLite has rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with self._reading:
            self._reader.close()
        with self._lock:
            self._connection.close()

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise QueueUnavailable(self._explain(error)) from None
        except OSError as error:
            raise QueueUnavailable(
                f"The queue in {self._path} cannot be used: {error.strerror}; check the "
                "permissions of DATA_DIR and its disk. Nothing was changed."
            ) from None

    def _explain(self, error: sqlite3.Error) -> str:
        name = getattr(error, "sqlite_errorname", "")
        advice = (text for prefix, text in _ADVICE.items() if name.startswith(prefix))
        reason = next(advice, str(error).rstrip("."))
        return f"The queue in {self._path} cannot be used: {reason}."
