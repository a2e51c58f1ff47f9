"""Background reads that complete the index: the pictures of the whole store, and their prompts."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from core.errors import MessageError, ObjectMissing
from dashboard.domain.journal import Journal
from dashboard.gallery import listing
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.listing import NameRange
from wire.messages.metadata import decode_metadata
from wire.messages.object_names import metadata_name, parse_metadata_name
from wire.stores.base import Entry, Store

PAGE_SIZE = 2000
"""Objects that are listed at a time: two pages of S3."""
_MAX_PROMPTS = 100
"""Prompts that are read at a time."""
_PROMPT_THREADS = 4
_SEARCH_SECONDS = 15.0
"""How long reading goes on after a page last showed a search."""


class GalleryBackfill:
    """Lists the whole store once, the newest range first.

    Objects within a range are listed in ascending order, the only one that S3 offers. After an
    outage, listing resumes where it stopped.
    """

    def __init__(
        self, store: Store, index: GalleryIndex, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._index = index
        now = clock()
        spans = (*listing.spans_back(now), *listing.spans_of_other_versions(now))
        self._spans: deque[NameRange] = deque(spans)
        self._listing: Iterator[Entry] | None = None

    def read(self) -> int:
        """Index the next objects and return their number; 0 at the end."""
        while self._spans:
            entries = self._next_entries()
            if len(entries) < PAGE_SIZE:
                self._spans.popleft()
                self._listing = None
            if entries:
                self._add(entries)
                return len(entries)
        self._index.complete = True
        return 0

    def _next_entries(self) -> list[Entry]:
        first, last = self._spans[0]
        # The iterator is kept between calls: MinIO scans the whole bucket for a new listing.
        if self._listing is None:
            self._listing = listing.within(self._store, (first, last))
        try:
            entries = list(islice(self._listing, PAGE_SIZE))
        except Exception:
            self._listing = None
            raise
        if entries:
            self._spans[0] = (entries[-1].name, last)
        return entries

    def _add(self, entries: list[Entry]) -> None:
        self._index.add_all(entries)
        for entry in entries:
            if job_id := parse_metadata_name(entry.name):
                self._index.mark_readable(job_id)


class GalleryPrompts:
    """Reads prompts from the metadata of jobs whose events were not received.

    The prompts of the newest pictures and of open pages are read immediately. All others are
    read during a search, the newest first.
    """

    def __init__(self, store: Store, index: GalleryIndex, journal: Journal) -> None:
        self._store = store
        self._index = index
        self._journal = journal
        self._requested: set[str] = set()
        self._search_until = 0.0
        self._threads = ThreadPoolExecutor(_PROMPT_THREADS, "read prompts")

    def request(self, job_ids: Iterable[str]) -> None:
        """Request the prompts of pictures on an open page."""
        self._requested.update(filter(self._index.is_unread, job_ids))

    def request_all(self) -> None:
        """Request all prompts, for a search."""
        self._search_until = time.monotonic() + _SEARCH_SECONDS

    def read(self) -> int:
        """Read some prompts from the store and return their number."""
        newest = self._index.without_prompt()
        self._copy_from_journal(newest)
        job_ids = self._next(newest)
        for job_id, prompt in self._threads.map(self._read_prompt, job_ids):
            self._index.set_prompt(job_id, prompt)
        self._requested.difference_update(job_ids)
        return len(job_ids)

    def _copy_from_journal(self, job_ids: list[str]) -> None:
        for job_id in job_ids:
            if view := self._journal.find(job_id):
                self._index.set_prompt(job_id, view.job.prompt)

    def _next(self, newest: list[str]) -> list[str]:
        visible = filter(self._index.is_unread, (*self._requested.copy(), *newest))
        job_ids = list(dict.fromkeys(visible))[:_MAX_PROMPTS]
        if job_ids or time.monotonic() > self._search_until:
            return job_ids
        return self._index.unread(_MAX_PROMPTS)

    def _read_prompt(self, job_id: str) -> tuple[str, str]:
        # Missing or foreign metadata stays so: it is not read a second time.
        try:
            return job_id, decode_metadata(self._store.get(metadata_name(job_id))).prompt
        except (ObjectMissing, MessageError):
            return job_id, ""
