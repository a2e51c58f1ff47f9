"""Requests that a client may send again without submitting their jobs twice.

A client sends the same key with each attempt, in the header Idempotency-Key
(draft-ietf-httpapi-idempotency-key-header). The jobs get their ids at the first attempt. If the
queue failed then, they may be on it already: a later attempt publishes them with the same ids,
and a worker that receives such a copy skips the pictures that are stored.
"""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

from cachetools import TTLCache

from core.errors import ApplicationError
from dashboard import runtime
from dashboard.runtime import submission
from wire.messages.job import Job, new_job

_MAX_KEYS = 10_000
_KEPT_SECONDS = 24 * 3600.0


class KeyReused(ApplicationError):
    """The key was sent before with another request."""


class KeyInUse(ApplicationError):
    """Another attempt with the key is in progress."""


@dataclass
class _Attempts:
    """The attempts to submit one request."""

    fields: str
    jobs: list[Job]
    sent: set[str] = field(default_factory=set)
    """Ids of the jobs that the queue confirmed."""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Submissions:
    """The requests of the last day by their key; thread-safe, and forgotten at a restart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempts: TTLCache[str, _Attempts] = TTLCache(_MAX_KEYS, _KEPT_SECONDS)

    def submit(
        self,
        fields: dict[str, Any],
        key: str | None,
        by_presenter: bool = False,
        submitter: str | None = None,
    ) -> list[Job]:
        """Submit a request, or return the jobs of the same request with the same key.

        Raises KeyReused, KeyInUse, and what ``submission.submit`` raises.
        """
        if key is None:
            return submission.submit(fields, by_presenter, submitter)
        attempts = self._find(key, fields, by_presenter, submitter)
        if not attempts.lock.acquire(blocking=False):
            raise KeyInUse("A request with this Idempotency-Key is in progress; send it again.")
        try:
            _publish_missing(attempts, by_presenter)
        finally:
            attempts.lock.release()
        return attempts.jobs

    def _find(
        self, key: str, fields: dict[str, Any], by_presenter: bool, submitter: str | None
    ) -> _Attempts:
        text = json.dumps(fields, sort_keys=True)
        with self._lock:
            attempts = self._attempts.get(key)
        if attempts is None:  # not under the lock: the check may wait for the store
            requests = submission.jobs_of(submission.check(fields, by_presenter))
            first = _Attempts(text, [new_job(each, submitter) for each in requests])
            with self._lock:
                attempts = self._attempts.setdefault(key, first)
        if attempts.fields != text:
            raise KeyReused("This Idempotency-Key was sent with another request; send a new key.")
        return attempts


def _publish_missing(attempts: _Attempts, by_presenter: bool) -> None:
    journal = runtime.current().journal
    # A worker may have received a job whose confirmation was lost.
    attempts.sent.update(job.id for job in attempts.jobs if journal.find(job.id))
    missing = [job for job in attempts.jobs if job.id not in attempts.sent]
    # Approval may have been switched on since the first attempt, or that was the presenter's.
    moderated = [submission.moderate(job, by_presenter) for job in missing]
    submission.publish_all(moderated, on_sent=lambda job: attempts.sent.add(job.id))
