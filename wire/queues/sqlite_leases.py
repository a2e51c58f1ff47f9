"""Renewing the leases that this process holds, while it works on their jobs."""

import logging
import threading
import time
from collections.abc import Iterable

from core.errors import QueueUnavailable
from wire.sqlite.file import SqliteFile

log = logging.getLogger(__name__)

_RENEW = "UPDATE jobs SET leased_until = ? WHERE lease = ?"


class LeaseRenewal:
    """A thread, started by the first lease, that keeps the held leases from expiring."""

    def __init__(self, file: SqliteFile, lease_seconds: float) -> None:
        self._file = file
        self._lease_seconds = lease_seconds
        self._held: set[int] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start_for(self, leases: Iterable[int]) -> None:
        """Renew these leases until told otherwise."""
        with self._lock:
            self._held.update(leases)
            if self._held and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()

    def stop_for(self, lease: int) -> None:
        """Renew a lease no more."""
        with self._lock:
            self._held.discard(lease)

    def close(self) -> set[int]:
        """Stop renewing; returns the leases that were still held."""
        self._closing.set()
        if self._thread:
            self._thread.join()
        return self._held

    def _run(self) -> None:
        # Three tries before a lease ends: one late renewal loses nothing.
        while not self._closing.wait(self._lease_seconds / 3):
            try:
                self._renew()
            except QueueUnavailable as error:
                log.warning("Leases were not renewed; trying again. %s", error)

    def _renew(self) -> None:
        with self._lock:
            held = sorted(self._held)
        if held:
            until = time.time() + self._lease_seconds
            with self._file.transaction() as connection:
                connection.executemany(_RENEW, [(until, lease) for lease in held])
