"""A fault of the queue in SQLite: its write lock is held, as by a process that hangs.

No job can be sent, received or finished meanwhile; reading does not need the lock.
"""

import threading
from contextlib import ExitStack, closing
from pathlib import Path

from core.errors import QueueUnavailable
from dashboard.chaos.base import CUT_SECONDS
from wire.sqlite.file import SqliteFile


class SqliteFaults:
    """Faults of the queue in a data directory."""

    def __init__(self, data_dir: Path, seconds: float = CUT_SECONDS) -> None:
        self._data_dir = data_dir
        self._seconds = seconds
        self._timer: threading.Timer | None = None

    def cut(self) -> str:
        """Take the write lock, and hold it for some seconds. Raises QueueUnavailable."""
        if self._timer and self._timer.is_alive():
            raise QueueUnavailable("The queue is locked already; nothing was changed.")
        with ExitStack() as stack:
            file = stack.enter_context(closing(SqliteFile(self._data_dir, "NORMAL")))
            stack.enter_context(file.transaction())
            held = stack.pop_all()
        self._timer = threading.Timer(self._seconds, held.close)
        self._timer.daemon = True  # a process that ends releases the lock
        self._timer.start()
        return f"queue locked for {self._seconds:g} s"
