"""Read dead letters, and mark their jobs as failed.

A broker returns dead letters only by delivering all of them and requeueing them. So they are
counted often, and read only when their number has changed.
"""

import threading
import time
from collections.abc import Callable

from dashboard.domain.journal import Journal
from wire.messages.event import Event
from wire.queues.base import DeadLetter, Queue

_MAX_DEAD_LETTERS = 1000
_REREAD_AFTER_SECONDS = 60.0
"""Unfinished jobs may have been dead-lettered while as many others were removed."""


class DeadLetterReader:
    """Keeps the newest dead letters, newest first. Thread-safe."""

    def __init__(
        self, queue: Queue, journal: Journal, clock: Callable[[], float] = time.time
    ) -> None:
        self._queue = queue
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._letters: tuple[DeadLetter, ...] = ()
        self._count = 0
        self._read_at = 0.0

    def read(self) -> int:
        """Read the dead letters if needed, and return their number. Raises QueueUnavailable."""
        with self._lock:
            count = self._queue.count_dead_letters()
            if self._is_outdated(count):
                letters = self._queue.dead_letters(_MAX_DEAD_LETTERS) if count else []
                self._letters = tuple(letters)
                self._count, self._read_at = count, self._clock()
                self._record_failures()
            return count

    def letters(self) -> tuple[DeadLetter, ...]:
        """Return the dead letters that were read last, without blocking."""
        return self._letters

    def remove(self, delivery_tag: str) -> None:
        """Leave out a dead letter that this process has just retried or dropped."""
        with self._lock:
            kept = tuple(letter for letter in self._letters if letter.delivery_tag != delivery_tag)
            self._count -= len(self._letters) - len(kept)
            self._letters = kept

    def _is_outdated(self, count: int) -> bool:
        if count != self._count:
            return True
        is_old = self._clock() - self._read_at > _REREAD_AFTER_SECONDS
        return bool(count) and is_old and bool(self._journal.unfinished())

    def _record_failures(self) -> None:
        """Mark unfinished jobs as failed: a job that killed its worker has no such event."""
        unfinished = {view.job.id for view in self._journal.unfinished()}
        for letter in self._letters:
            if letter.job and letter.job.id in unfinished:
                at = letter.at or self._clock()
                job_id, reason = letter.job.id, letter.reason
                self._journal.record(Event(kind="failed", at=at, job_id=job_id, detail=reason))


def dead_letter_of(queue: Queue, job_id: str) -> DeadLetter | None:
    """Return a failed job's dead letter; None if there is none. Raises QueueUnavailable."""
    letters = queue.dead_letters(_MAX_DEAD_LETTERS)
    return next((letter for letter in letters if letter.job and letter.job.id == job_id), None)
