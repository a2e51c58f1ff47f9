"""Leases: which of them are valid, and their renewal in the background.

Times are of the monotonic clock, which all processes of a machine share and which setting the date
does not change. It starts anew with the machine: a time that lies further ahead than a lease or a
pause lasts is from before, when the receiver died with the machine.
"""

import logging
import threading
import time
from collections.abc import Iterable

from core.errors import QueueUnavailable
from wire.messages import names
from wire.queues.sqlite import statements
from wire.sqlite.file import SqliteFile

log = logging.getLogger(__name__)

LEASE_SECONDS = 15.0


def limits(lease_seconds: float) -> tuple[float, float, float]:
    """Return now, and the latest ends of a valid lease and of a pause before a retry."""
    now = time.monotonic()
    longest_pause = max(names.RETRY_PAUSES_SECONDS)
    return now, now + max(lease_seconds, LEASE_SECONDS), now + longest_pause


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
                connection.executemany(
                    statements.RENEW, [(leased_until, lease) for lease in leases]
                )
