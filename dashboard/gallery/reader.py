"""The store's side of the gallery: what a look at the bucket adds to what events said."""

import time
from collections.abc import Callable, Iterable
from itertools import chain, islice

from dashboard.domain.jobs import JobView
from dashboard.domain.journal import Journal
from dashboard.gallery import listing
from dashboard.gallery.index import SHOWN, GalleryIndex
from dashboard.gallery.listing import NameRange
from wire.messages.event import Event, Kind
from wire.messages.job import submitted_at
from wire.messages.picture import (
    metadata_name,
    parse_metadata_name,
    parse_picture_name,
    picture_name,
)
from wire.stores.base import Entry, Store

EVERY = 2.0
"""Seconds between two looks."""
LOOKBACK = 10 * listing.MINUTE
"""Jobs older than this are asked for one by one, as long as they are unfinished."""
_LISTING_EVERY, _LISTING_SHARE = 5.0, 0.01
"""Seconds, and the share of the time, that lie between listings and go into them at most."""
_JOBS = 20
_OTHER_NAMES = 2000
"""Most of each that one look reads, so that no look takes long."""


def default_pause(took: float) -> float:
    """Return the seconds until the next listing, from those that one took."""
    return max(_LISTING_EVERY, took / _LISTING_SHARE)


class GalleryReader:
    """Reads the newest objects at its first call, and after that only what is new.

    MinIO keeps a bucket without folders as one directory and reads all of it for any listing,
    so most looks list nothing, and a large bucket is listed more rarely. Events tell of new
    pictures at once all the same.

    Args:
        store: what is read.
        index: the pictures.
        journal: the jobs.
        clock: Unix seconds.
        pause: tells the seconds until the next listing, from those that one took.
        read_marks: learns which pictures wait for approval; called between a listing and
            the taking in of what it found, since a picture's mark is older than the picture.

    """

    def __init__(
        self,
        store: Store,
        index: GalleryIndex,
        journal: Journal,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], float] = default_pause,
        read_marks: Callable[[], None] | None = None,
    ) -> None:
        self._store = store
        self._index = index
        self._journal = journal
        self._clock = clock
        self._pause = pause
        self._next_listing = 0.0
        self._read_marks = read_marks
        self._first = True

    def read(self) -> int:
        """Look at the store once and return how many pictures are known."""
        now = self._clock()
        listing = self._all_that_is_shown(now) if self._first else self._what_is_new(now)
        entries = list(listing)
        if self._read_marks:
            self._read_marks()
        for entry in entries:
            self._note(entry)
        self._first = False
        return self._index.count()

    def _all_that_is_shown(self, now: float) -> Iterable[Entry]:
        others = listing.of_other_versions(self._store, now, _OTHER_NAMES)
        return [*others, *listing.newest(self._store, now, SHOWN)]

    def _what_is_new(self, now: float) -> Iterable[Entry]:
        with_news = self._with_news()
        old = [view for view in with_news if _is_old(view, now)]
        if len(with_news) > len(old) or time.monotonic() >= self._next_listing:
            recent = self._recent(now)
        else:
            self._store.check()
            recent = []
        return chain(recent, *(listing.of_job(self._store, view.job.id) for view in old))

    def _with_news(self) -> list[JobView]:
        """Return the unfinished jobs that stored something of which no event told."""
        # Asked for by name: a listing of a folder, and MinIO's of a bucket, reads all of it.
        unfinished = islice(self._journal.unfinished(), _JOBS)
        return [view for view in unfinished if self._store.exists(_next_object(view))]

    def _recent(self, now: float) -> list[Entry]:
        """List what is new; the longer that takes, the longer until the next time."""
        begun = time.monotonic()
        since = now - LOOKBACK
        known = self._index.stored_since(since)  # before the listing, so that it has them too
        recent = list(listing.since(self._store, since, now))
        self._forget_deleted(known, recent, listing.span(since, now))
        ended = time.monotonic()
        self._next_listing = ended + self._pause(ended - begun)
        return recent

    def _forget_deleted(self, known: list[str], recent: list[Entry], span: NameRange) -> None:
        """Drop what another dashboard deleted, should its event have been lost."""
        first, last = span
        listed = {entry.name for entry in recent}
        for name in known:
            if first < name < last and name not in listed:
                self._index.remove(name)

    def _note(self, entry: Entry) -> None:
        """Add an object to the gallery, and to its job where its events were lost."""
        self._index.add(entry.name, entry.modified)
        if picture := parse_picture_name(entry.name):
            stored = {"picture": picture.number, "name": entry.name}
            self._tell_job("stored", entry, picture.job_id, **stored)
        elif job_id := parse_metadata_name(entry.name):
            self._tell_job("done", entry, job_id)
            self._index.mark_readable(job_id)

    def _tell_job(self, kind: Kind, entry: Entry, job_id: str, **fields: object) -> None:
        view = self._journal.find(job_id)
        if view and view.state not in ("done", "failed"):
            self._journal.record(Event(kind=kind, at=entry.modified, job_id=job_id, **fields))


def _next_object(view: JobView) -> str:
    """Name what a job stores next: its first picture not heard of, in the end its metadata."""
    names = (picture_name(view.job.id, number) for number in range(view.job.count))
    lacking = (name for name in names if name not in view.pictures)
    return next(lacking, metadata_name(view.job.id))


def _is_old(view: JobView, now: float) -> bool:
    made = submitted_at(view.job.id)
    return made is None or made < now - LOOKBACK
