"""The dead letters, and what they tell of jobs: one that killed every worker has no event.

On a broker, reading dead letters means to take all of them and to give them back. They are
counted often, then, and read only if their number has changed.
"""

import threading
import time
from collections.abc import Callable

from dashboard.domain.journal import Journal
from wire.messages.event import Event
from wire.queues.base import DeadLetter, Queue

_MOST = 1000
_READ_AGAIN = 60.0
"""Seconds after which they are read although as many are there: one may have come as one went."""


class DeadLetterReader:
    """Keeps the newest dead letters, newest first; safe to use from any thread."""

    def __init__(
        self, queue: Queue, journal: Journal, clock: Callable[[], float] = time.time
    ) -> None:
        self._queue = queue
        self._journal = journal
        self._clock = clock
        self._lock = threading.Lock()
        self._letters: tuple[DeadLetter, ...] = ()
        self._counted = 0
        self._read_at = 0.0

    def read(self) -> int:
        """Observation once and return how many there are. Raises QueueUnavailable."""
        with self._lock:
            count = self._queue.count_dead_letters()
            if self._is_news(count):
                self._letters = tuple(self._queue.dead_letters(_MOST)) if count else ()
                self._counted, self._read_at = count, self._clock()
                self._note_failures()
            return count

    def letters(self) -> tuple[DeadLetter, ...]:
        """Return them as they were read last, at once."""
        return self._letters

    def forget(self, delivery_tag: str) -> None:
        """Leave one out that was retried or dropped here, before the next look."""
        with self._lock:
            kept = tuple(letter for letter in self._letters if letter.delivery_tag != delivery_tag)
            self._counted -= len(self._letters) - len(kept)
            self._letters = kept

    def _is_news(self, count: int) -> bool:
        if count != self._counted:
            return True
        old = self._clock() - self._read_at > _READ_AGAIN
        return bool(count) and old and bool(self._journal.unfinished())

    def _note_failures(self) -> None:
        """Mark jobs that are thought to go on, but lie among the dead letters."""
        unfinished = {view.job.id for view in self._journal.unfinished()}
        for letter in self._letters:
            if letter.job and letter.job.id in unfinished:
                at = letter.at or self._clock()
                job_id, reason = letter.job.id, letter.reason
                self._journal.record(Event(kind="failed", at=at, job_id=job_id, detail=reason))


def dead_letter_of(queue: Queue, job_id: str) -> DeadLetter | None:
    """Find a failed job's dead letter; None if it is gone. Raises QueueUnavailable."""
    letters = queue.dead_letters(_MOST)
    return next((letter for letter in letters if letter.job and letter.job.id == job_id), None)
