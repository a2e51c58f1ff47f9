"""Poll the store for pictures and finished jobs whose events were not received."""

import time
from collections.abc import Callable, Iterable
from itertools import chain, islice

from dashboard.domain.jobs import JobView
from dashboard.domain.journal import Journal
from dashboard.domain.time_units import MINUTE
from dashboard.gallery import listing
from dashboard.gallery.index import MAX_NEWEST, GalleryIndex
from dashboard.gallery.listing import NameRange
from wire.messages.event import Event
from wire.messages.job import submitted_at
from wire.messages.object_names import (
    metadata_name,
    parse_metadata_name,
    parse_picture_name,
    picture_name,
)
from wire.stores.base import Entry, Store

POLL_INTERVAL_SECONDS = 2.0
LOOKBACK_SECONDS = 10 * MINUTE
"""Older unfinished jobs are read by their ids, not by listing."""
_MIN_LISTING_INTERVAL_SECONDS = 5.0
_MAX_LISTING_SHARE = 0.01
"""The share of the time that is spent on listings."""
_MAX_JOBS = 20
_MAX_OTHER_NAMES = 2000
"""Both limit the duration of a poll."""


def default_pause(seconds: float) -> float:
    """Return the seconds until the next listing, given the duration of the last one."""
    return max(_MIN_LISTING_INTERVAL_SECONDS, seconds / _MAX_LISTING_SHARE)


class GalleryReader:
    """Reads the newest objects at its first call, and new ones afterwards.

    MinIO keeps a bucket without folders as one directory and scans all of it for any listing.
    Most polls therefore list nothing, and a large bucket is listed less often. Events announce
    new pictures immediately anyway.

    Args:
        store: the store to poll.
        index: receives the pictures.
        journal: receives the progress of unfinished jobs.
        clock: returns Unix seconds.
        pause: returns the seconds until the next listing, given the duration of the last one.
        read_marks: reads the approval marks; called after each listing and before its results
            are indexed, because a mark is written before its picture.

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
        """Poll the store and return the number of known pictures."""
        now = self._clock()
        entries = list(self._newest(now) if self._first else self._new(now))
        if self._read_marks:
            self._read_marks()
        for entry in entries:
            self._add(entry)
        self._first = False
        return self._index.count()

    def _newest(self, now: float) -> Iterable[Entry]:
        others = listing.of_other_versions(self._store, now, _MAX_OTHER_NAMES)
        return [*others, *listing.newest(self._store, now, MAX_NEWEST)]

    def _new(self, now: float) -> Iterable[Entry]:
        advanced = self._advanced_jobs()
        old = [view for view in advanced if _is_old(view, now)]
        if len(advanced) > len(old) or time.monotonic() >= self._next_listing:
            recent = self._recent(now)
        else:
            self._store.check()
            recent = []
        return chain(recent, *(listing.of_job(self._store, view.job.id) for view in old))

    def _advanced_jobs(self) -> list[JobView]:
        """Return the unfinished jobs with a stored object that no event announced."""
        # Reads single names: a listing of a folder, and MinIO's of a bucket, scans all of it.
        unfinished = islice(self._journal.unfinished(), _MAX_JOBS)
        return [view for view in unfinished if self._store.exists(_next_object(view))]

    def _recent(self, now: float) -> list[Entry]:
        """List recent objects and schedule the next listing."""
        started = time.monotonic()
        since = now - LOOKBACK_SECONDS
        # Taken before the listing, which therefore contains all of them that still exist.
        known = self._index.stored_since(since)
        recent = list(listing.since(self._store, since, now))
        self._remove_deleted(known, recent, listing.span(since, now))
        finished = time.monotonic()
        self._next_listing = finished + self._pause(finished - started)
        return recent

    def _remove_deleted(self, known: list[str], recent: list[Entry], span: NameRange) -> None:
        """Remove pictures that another dashboard deleted and whose events were lost."""
        first, last = span
        listed = {entry.name for entry in recent}
        for name in known:
            if first < name < last and name not in listed:
                self._index.remove(name)

    def _add(self, entry: Entry) -> None:
        """Index an object, and record the event that would have announced it."""
        self._index.add(entry.name, entry.modified)
        if picture := parse_picture_name(entry.name):
            self._record(
                Event(
                    kind="stored",
                    at=entry.modified,
                    job_id=picture.job_id,
                    picture=picture.number,
                    name=entry.name,
                )
            )
        elif job_id := parse_metadata_name(entry.name):
            self._record(Event(kind="done", at=entry.modified, job_id=job_id))
            self._index.mark_readable(job_id)

    def _record(self, event: Event) -> None:
        view = self._journal.find(event.job_id) if event.job_id else None
        if view and view.state not in ("done", "failed"):
            self._journal.record(event)


def _next_object(view: JobView) -> str:
    """Return the name of the object that a job stores next: a picture, or its metadata."""
    numbers = (number for number in range(view.job.count) if number not in view.withheld)
    names = (picture_name(view.job.id, number) for number in numbers)
    missing = (name for name in names if name not in view.pictures)
    return next(missing, metadata_name(view.job.id))


def _is_old(view: JobView, now: float) -> bool:
    created = submitted_at(view.job.id)
    return created is None or created < now - LOOKBACK_SECONDS
