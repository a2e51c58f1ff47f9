"""Failed jobs, told by the dead letters: a job that killed every worker has no event."""

import time

from dashboard.readings.journal import Journal
from wire.event import Event
from wire.queue import DeadLetter, Queue

_MOST = 1000


def note_failures(queue: Queue, journal: Journal) -> int:
    """Mark jobs that are thought to go on, but lie among the dead letters; return how many.

    Raises QueueUnavailable.
    """
    unfinished = {view.job.id for view in journal.unfinished()}
    if not unfinished:
        return 0
    failed = [letter for letter in _of_jobs(queue) if letter.job.id in unfinished]
    for letter in failed:
        at = letter.at or time.time()
        event = Event(kind="failed", at=at, job_id=letter.job.id, detail=letter.reason)
        journal.record(event)
    return len(failed)


def dead_letter_of(queue: Queue, job_id: str) -> DeadLetter | None:
    """Find a failed job's dead letter; None if it is gone. Raises QueueUnavailable."""
    return next((letter for letter in _of_jobs(queue) if letter.job.id == job_id), None)


def _of_jobs(queue: Queue) -> list[DeadLetter]:
    return [letter for letter in queue.dead_letters(_MOST) if letter.job]
