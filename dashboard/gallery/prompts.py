"""The prompts of pictures, read from their jobs' metadata where no event told them.

The prompts of the newest pictures and of pages that somebody opens are read at once; all
others only once somebody searches, the newest first, a hundred at a time.
"""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from core.errors import MessageError, ObjectMissing
from dashboard.domain.journal import Journal
from dashboard.gallery.index import GalleryIndex
from wire.messages.picture import decode_metadata, metadata_name
from wire.stores.base import Store

_AT_ONCE = 100
_THREADS = 4
_SEARCHED_FOR = 15.0
"""Seconds that the reading goes on after a page last showed a search."""


class GalleryPrompts:
    """Tells the index what pictures show."""

    def __init__(self, store: Store, index: GalleryIndex, journal: Journal) -> None:
        self._store = store
        self._index = index
        self._journal = journal
        self._wanted: set[str] = set()
        self._search_until = 0.0
        self._threads = ThreadPoolExecutor(_THREADS, "read prompts")

    def want(self, job_ids: Iterable[str]) -> None:
        """Ask for the prompts of pictures that somebody looks at."""
        self._wanted.update(filter(self._index.is_unread, job_ids))

    def want_all(self) -> None:
        """Ask for every prompt, for somebody who searches."""
        self._search_until = time.monotonic() + _SEARCHED_FOR

    def read(self) -> int:
        """Read some prompts and return how many."""
        newest = self._index.without_prompt()
        self._tell_heard(newest)
        job_ids = self._next(newest)
        for job_id, prompt in self._threads.map(self._stored, job_ids):
            self._index.set_prompt(job_id, prompt)
        self._wanted.difference_update(job_ids)
        return len(job_ids)

    def _tell_heard(self, job_ids: list[str]) -> None:
        for job_id in job_ids:
            if view := self._journal.find(job_id):
                self._index.set_prompt(job_id, view.job.prompt)

    def _next(self, newest: list[str]) -> list[str]:
        looked_at = filter(self._index.is_unread, (*self._wanted.copy(), *newest))
        chosen = list(dict.fromkeys(looked_at))[:_AT_ONCE]
        if chosen or time.monotonic() > self._search_until:
            return chosen
        return self._index.unread(_AT_ONCE)

    def _stored(self, job_id: str) -> tuple[str, str]:
        # Metadata that is gone or is not ours will not come back: it is read once.
        try:
            return job_id, decode_metadata(self._store.get(metadata_name(job_id))).prompt
        except (ObjectMissing, MessageError):
            return job_id, ""
