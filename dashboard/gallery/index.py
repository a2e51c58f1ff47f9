"""The pictures that this process knows of, with their prompts and stars, newest first.

The names of all pictures fit into memory: 100,000 take about 25 MB. So every page of every
viewer is a look into a sorted list, and asks the store for nothing.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from heapq import nlargest

from dashboard.domain.inputs import Observer, PictureFound, PromptRead, noop
from dashboard.domain.snapshot import PictureView
from dashboard.gallery.order import IndexEntry, PictureOrder, neighbours, newest_before
from dashboard.gallery.query import GalleryPage, GalleryQuery, page_of
from wire.messages.job import MAX_COUNT, submitted_at
from wire.messages.picture import parse_picture_name, picture_name
from wire.stores.base import Entry

SHOWN = 500
KNOWN = 500_000
"""Names kept; of more, the oldest are forgotten."""
_QUERIES = 16
_JOB = 36
"""Characters of a job's id, with which its pictures' names begin."""

Admits = Callable[[str, float], bool]
"""A picture's name, and Unix seconds at which it was stored."""


class GalleryIndex:
    """Pictures by time, with the prompts of their jobs; safe to use from any thread.

    Args:
        started: Unix seconds; pictures stored later are counted as new.
        observer: is told of each picture and of each prompt.

    """

    def __init__(self, started: float, observer: Observer = noop) -> None:
        self._started = started
        self._observer = observer
        self._lock = threading.Lock()
        self._order = PictureOrder()
        self._deleted: set[str] = set()
        self._prompts: dict[str, str] = {}
        self._unread: set[str] = set()
        self._stars: frozenset[str] = frozenset()
        self._stored_since_start = 0
        self._shown: tuple[PictureView, ...] | None = ()
        self._matches: dict[GalleryQuery, list[IndexEntry]] = {}
        self.complete = False
        """Whether the whole store was looked through once."""
        self.admits: Admits = lambda _name, _at: True
        """Tells whether a new picture may be shown; asked once for each."""

    def add(self, name: str, at: float) -> None:
        """Note a picture stored at ``at`` (Unix seconds); other objects are passed over."""
        with self._lock:
            for place in self._admitted([(at, name)]):
                self._observer(PictureFound(name, at))
                self._order.add(place)
            self._forget_oldest()

    def add_all(self, entries: Iterable[Entry]) -> None:
        """Note many pictures from before the start, of which no observer is told."""
        with self._lock:
            places = ((entry.modified, entry.name) for entry in entries)
            self._order.add_all(self._admitted(places))
            self._forget_oldest()

    def remove(self, name: str) -> None:
        """Forget a picture that was deleted, for good: its name never means another one."""
        with self._lock:
            self._deleted.add(name)
            if self._order.remove(name):
                self._forget_prompt(name[:_JOB])
                self._changed()

    def is_deleted(self, name: str) -> bool:
        """Tell whether a picture was deleted while this process ran."""
        return name in self._deleted

    def stored_since(self, at: float) -> list[str]:
        """Return the names of the pictures stored at ``at`` or later, oldest first."""
        with self._lock:
            return self._order.since(at)

    def set_prompt(self, job_id: str, prompt: str) -> None:
        """Note what a job's pictures show; empty where it is written nowhere."""
        with self._lock:
            self._unread.discard(job_id)
            if self._prompts.get(job_id) != prompt:
                self._observer(PromptRead(job_id, prompt))
                self._prompts[job_id] = prompt
                self._changed()

    def mark_readable(self, job_id: str) -> None:
        """Note that the store can say what a job's pictures show."""
        with self._lock:
            if job_id not in self._prompts:
                self._unread.add(job_id)

    def prompt(self, job_id: str) -> str | None:
        """Return what a job's pictures show, if that is known."""
        return self._prompts.get(job_id)

    def unread(self, most: int) -> list[str]:
        """Return ids of jobs whose prompts the store can say, the newest first."""
        with self._lock:
            return nlargest(most, self._unread)

    def is_unread(self, job_id: str) -> bool:
        """Tell whether a job's prompt can be read and was not."""
        return job_id in self._unread

    def without_prompt(self) -> list[str]:
        """Return the ids of the newest jobs whose prompt is not known, newest first."""
        return list(dict.fromkeys(p.job_id for p in self.newest() if p.prompt is None))

    def set_stars(self, names: frozenset[str]) -> None:
        """Note which pictures are starred."""
        with self._lock:
            if names != self._stars:
                self._stars = names
                self._changed()

    def set_star(self, name: str, starred: bool) -> None:
        """Note that one picture is starred, or is not."""
        with self._lock:
            self._stars = self._stars | {name} if starred else self._stars - {name}
            self._changed()

    def is_starred(self, name: str) -> bool:
        """Tell whether a picture has a star."""
        return name in self._stars

    def newest(self) -> tuple[PictureView, ...]:
        """Return the newest pictures, newest first, at most ``SHOWN``."""
        with self._lock:
            if self._shown is None:
                self._shown = tuple(map(self._view, reversed(self._order.places[-SHOWN:])))
            return self._shown

    def find(self, name: str) -> PictureView | None:
        """Return one picture, if it is known."""
        with self._lock:
            place = self._order.place(name)
            return self._view(place) if place else None

    def page(self, query: GalleryQuery, first: str = "") -> GalleryPage:
        """Return the page that begins with the picture ``first``, or else the newest one."""
        with self._lock:
            places = self._matching(query)
            return page_of(places, self._place(first), self._view, self._read_of_prompts())

    def neighbours(self, query: GalleryQuery, name: str) -> tuple[str | None, str | None]:
        """Return the next newer and the next older picture."""
        with self._lock:
            place = self._place(name)
            return neighbours(self._matching(query), place) if place else (None, None)

    def first_before(self, query: GalleryQuery, at: float) -> str | None:
        """Return the newest picture that was stored before ``at`` (Unix seconds)."""
        with self._lock:
            return newest_before(self._matching(query), at)

    def count(self) -> int:
        """Return how many pictures are known."""
        return len(self._order.places)

    def stored_since_start(self) -> int:
        """Return how many pictures were stored since this process began."""
        return self._stored_since_start

    def _admitted(self, places: Iterable[IndexEntry]) -> Iterator[IndexEntry]:
        """Pass on what is new and may be shown, and count it."""
        for at, name in places:
            if self._is_new(name) and self.admits(name, at):
                self._stored_since_start += at >= self._started
                self._changed()
                yield at, name

    def _is_new(self, name: str) -> bool:
        unknown = name not in self._order and name not in self._deleted
        return unknown and parse_picture_name(name) is not None

    def _forget_oldest(self) -> None:
        for oldest in self._order.keep_newest(KNOWN):
            self._prompts.pop(oldest[:_JOB], None)
            self._unread.discard(oldest[:_JOB])

    def _forget_prompt(self, job_id: str) -> None:
        """Forget what a job's pictures showed, if none is left."""
        names = (picture_name(job_id, number) for number in range(MAX_COUNT))
        if not any(name in self._order for name in names):
            self._prompts.pop(job_id, None)
            self._unread.discard(job_id)

    def _changed(self) -> None:
        self._shown = None
        self._matches.clear()

    def _read_of_prompts(self) -> tuple[int, int]:
        return len(self._prompts), len(self._prompts) + len(self._unread)

    def _matching(self, query: GalleryQuery) -> list[IndexEntry]:
        if query.is_all:
            return self._order.places
        if query not in self._matches:
            if len(self._matches) >= _QUERIES:
                self._matches.clear()
            self._matches[query] = list(filter(self._test(query), self._order.places))
        return self._matches[query]

    def _test(self, query: GalleryQuery) -> Callable[[IndexEntry], bool]:
        def matches(place: IndexEntry) -> bool:
            if query.starred and place[1] not in self._stars:
                return False
            return query.matches(self._prompts.get(place[1][:_JOB], ""))

        return matches

    def _place(self, name: str) -> IndexEntry | None:
        """Say where a picture stands, or stood before it was deleted."""
        if place := self._order.place(name):
            return place
        identity = parse_picture_name(name)
        at = submitted_at(identity.job_id) if identity else None
        return None if at is None else (at, name)

    def _view(self, place: IndexEntry) -> PictureView:
        at, name = place
        identity = parse_picture_name(name)
        return PictureView(
            name=name,
            job_id=identity.job_id,
            number=identity.number,
            at=at,
            prompt=self._prompts.get(identity.job_id) or None,
            starred=self.is_starred(name),
        )
