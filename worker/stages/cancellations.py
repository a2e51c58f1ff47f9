"""The jobs that users cancelled, by one listing of the store's marks a second."""

import threading
import time

from core.errors import StoreError
from wire.stores.base import Store
from wire.stores.cancellation import cancelled_jobs
from worker.stages.ledger import JobLedger

LISTING_INTERVAL_SECONDS = 1.0


class Cancellations:
    """Cancels leased jobs that are marked. Thread-safe."""

    def __init__(self, store: Store, ledger: JobLedger) -> None:
        self._store, self._ledger = store, ledger
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._marks: frozenset[str] = frozenset()
        self._listed_at = -LISTING_INTERVAL_SECONDS

    def marks(self) -> frozenset[str]:
        """Return the ids of cancelled jobs, as of at most a second ago."""
        with self._lock:
            if time.monotonic() - self._listed_at >= LISTING_INTERVAL_SECONDS:
                self._marks = self._list()
                self._listed_at = time.monotonic()
            return self._marks

    def watch(self) -> None:
        """Cancel marked jobs until ``close`` is called."""
        while not self._closed.wait(LISTING_INTERVAL_SECONDS):
            if job_ids := self._ledger.job_ids:
                self._ledger.cancel(job_ids & self.marks())

    def close(self) -> None:
        """End ``watch``."""
        self._closed.set()

    def _list(self) -> frozenset[str]:
        try:
            return cancelled_jobs(self._store)
        except StoreError:
            # Unknown while the store is unreachable: generate; the picture cannot be stored now.
            return self._marks
