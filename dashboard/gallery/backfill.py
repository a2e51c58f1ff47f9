"""One walk through the whole store, so that the gallery knows every picture in it."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

from dashboard.gallery import listing
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.listing import NameRange
from wire.messages.picture import parse_metadata_name
from wire.stores.base import Entry, Store

PAGE_SIZE = 2000
"""Objects taken in at a time: two of S3's pages."""


class GalleryBackfill:
    """Goes back in time, the newest stretch first, a page of names at a time.

    A stretch is listed forwards, which is all that S3 can do. What was taken in stays when
    the store goes away; the walk goes on from there.
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
        """Take in the next objects and return how many there were; 0 at the end."""
        while self._spans:
            entries = self._next_entries()
            if len(entries) < PAGE_SIZE:
                self._spans.popleft()
                self._listing = None
            if entries:
                self._take_in(entries)
                return len(entries)
        self._index.complete = True
        return 0

    def _next_entries(self) -> list[Entry]:
        first, last = self._spans[0]
        # One listing is gone on with: to begin another one, MinIO reads the whole bucket.
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

    def _take_in(self, entries: list[Entry]) -> None:
        self._index.add_all(entries)
        for entry in entries:
            if job_id := parse_metadata_name(entry.name):
                self._index.mark_readable(job_id)
