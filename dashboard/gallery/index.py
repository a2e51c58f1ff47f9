"""In-memory index of all known pictures, with their prompts and stars, ordered by time.

The names of 100,000 pictures take about 25 MB. Every page of every viewer is therefore a
lookup in a sorted list that sends no request to the store.
"""

import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nlargest

from dashboard.domain.inputs import Observer, PictureFound, PromptRead, noop
from dashboard.domain.snapshot import PictureView
from dashboard.gallery.listing import with_changes_since
from dashboard.gallery.query import GalleryPage, GalleryQuery, IndexEntry, page_of
from wire.messages.job import MAX_PICTURES_PER_JOB, submitted_at
from wire.messages.object_names import PictureName, parse_picture_name, picture_name
from wire.stores.base import Entry

MAX_NEWEST = 500
"""Pictures in a snapshot."""
MAX_PICTURES = 500_000
"""Names that are kept; the oldest are dropped first."""
_MAX_CACHED_QUERIES = 16
_JOB_ID_LENGTH = 36
"""The name of a picture begins with the id of its job."""

PictureFilter = Callable[[str, float], bool]
"""Takes the name of a picture and the Unix time at which it was stored."""


class PictureOrder:
    """Unique picture names, oldest first; not thread-safe."""

    def __init__(self) -> None:
        self.entries: list[IndexEntry] = []
        self._stored_at: dict[str, float] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._stored_at

    def find(self, name: str) -> IndexEntry | None:
        """Return a picture's entry."""
        stored_at = self._stored_at.get(name)
        return None if stored_at is None else IndexEntry(stored_at, name)

    def add(self, entry: IndexEntry) -> None:
        """Insert a new picture."""
        insort(self.entries, entry)
        self._stored_at[entry.name] = entry.stored_at

    def add_all(self, entries: Iterable[IndexEntry]) -> None:
        """Insert new pictures in any order.

        Each entry is inserted before the next is requested from the iterable, so that a lazy
        filter detects duplicates.
        """
        for entry in entries:
            self.entries.append(entry)
            self._stored_at[entry.name] = entry.stored_at
        self.entries.sort()

    def remove(self, name: str) -> bool:
        """Remove a picture; return whether it was present."""
        entry = self.find(name)
        if entry is None:
            return False
        del self._stored_at[name]
        del self.entries[bisect_left(self.entries, entry)]
        return True

    def truncate(self, max_entries: int) -> list[str]:
        """Drop the oldest pictures beyond a maximum and return their names."""
        oldest = [entry.name for entry in self.entries[: max(0, len(self.entries) - max_entries)]]
        for name in oldest:
            del self._stored_at[name]
        del self.entries[: len(oldest)]
        return oldest

    def since(self, at: float) -> list[str]:
        """Return the names of pictures stored at ``at`` (Unix seconds) or later, oldest first."""
        return [entry.name for entry in self.entries[bisect_left(self.entries, (at, "")) :]]


class GalleryIndex:
    """Pictures in order of time, with their stars and the prompts of their jobs; thread-safe.

    Args:
        started: Unix seconds; pictures stored later are counted as new.
        observer: called with each new picture and each new prompt.

    """

    def __init__(self, started: float, observer: Observer = noop) -> None:
        self._started = started
        self._observer = observer
        self._lock = threading.Lock()
        self._order = PictureOrder()
        self._deleted: dict[str, IndexEntry | None] = {}
        """With the positions that they had, if they were known."""
        self._prompts: dict[str, str] = {}
        self._unread: set[str] = set()
        self._stars: frozenset[str] = frozenset()
        self._stored_since_start = 0
        self._newest: tuple[PictureView, ...] | None = ()
        self._matches: dict[GalleryQuery, list[IndexEntry]] = {}
        self.complete = False
        """Whether the backfill has listed the whole store."""
        self.admits: PictureFilter = lambda _name, _at: True
        """Returns whether a new picture may be shown; called once for each."""

    def add(self, name: str, at: float) -> None:
        """Add a picture stored at ``at`` (Unix seconds); ignore names of other objects."""
        with self._lock:
            for entry in self._admitted([IndexEntry(at, name)]):
                self._observer(PictureFound(name, at))
                self._order.add(entry)
            self._drop_oldest()

    def add_all(self, entries: Iterable[Entry]) -> None:
        """Add many pictures from before the start, without calling the observer."""
        with self._lock:
            found = (IndexEntry(entry.modified, entry.name) for entry in entries)
            self._order.add_all(self._admitted(found))
            self._drop_oldest()

    def remove(self, name: str) -> None:
        """Remove a deleted picture for good: its name is never used again."""
        with self._lock:
            self._deleted.setdefault(name, self._order.find(name))
            if self._order.remove(name):
                self._drop_unused_prompt(name[:_JOB_ID_LENGTH])
                self._invalidate()

    def is_deleted(self, name: str) -> bool:
        """Return whether a picture was deleted while this process was running."""
        return name in self._deleted

    def stored_since(self, at: float) -> list[str]:
        """Return the names of pictures stored at ``at`` (Unix seconds) or later, oldest first."""
        with self._lock:
            return self._order.since(at)

    def set_prompt(self, job_id: str, prompt: str) -> None:
        """Set a job's prompt; empty if it is stored nowhere."""
        with self._lock:
            self._unread.discard(job_id)
            if self._prompts.get(job_id) != prompt:
                self._observer(PromptRead(job_id, prompt))
                self._prompts[job_id] = prompt
                self._invalidate()

    def mark_readable(self, job_id: str) -> None:
        """Note that the store holds a job's metadata, and so its prompt."""
        with self._lock:
            if job_id not in self._prompts:
                self._unread.add(job_id)

    def prompt(self, job_id: str) -> str | None:
        """Return a job's prompt, if it is known."""
        return self._prompts.get(job_id)

    def unread(self, limit: int) -> list[str]:
        """Return the newest jobs whose prompts are stored but not read yet, newest first."""
        with self._lock:
            return nlargest(limit, self._unread)

    def is_unread(self, job_id: str) -> bool:
        """Return whether a job's prompt is stored but not read yet."""
        return job_id in self._unread

    def without_prompt(self) -> list[str]:
        """Return the newest jobs whose prompt is unknown, newest first."""
        newest = self.newest()
        return list(dict.fromkeys(view.job_id for view in newest if view.prompt is None))

    def stars(self) -> frozenset[str]:
        """Return the names of the starred pictures."""
        return self._stars

    def set_stars(self, listed: frozenset[str], before: frozenset[str]) -> None:
        """Replace the stars by those of a listing, before which they were ``before``."""
        with self._lock:
            names = with_changes_since(before, self._stars, listed)
            if names != self._stars:
                self._stars = names
                self._invalidate()

    def set_star(self, name: str, starred: bool) -> None:
        """Add or remove a picture's star."""
        with self._lock:
            self._stars = self._stars | {name} if starred else self._stars - {name}
            self._invalidate()

    def is_starred(self, name: str) -> bool:
        """Return whether a picture is starred."""
        return name in self._stars

    def newest(self) -> tuple[PictureView, ...]:
        """Return up to ``MAX_NEWEST`` of the newest pictures, newest first."""
        with self._lock:
            if self._newest is None:
                self._newest = tuple(map(self._view, reversed(self._order.entries[-MAX_NEWEST:])))
            return self._newest

    def find(self, name: str) -> PictureView | None:
        """Return a picture, if it is known."""
        with self._lock:
            entry = self._order.find(name)
            return self._view(entry) if entry else None

    def pictures_of(self, job_id: str) -> tuple[str, ...]:
        """Return the names of a job's known pictures, in order."""
        names = (picture_name(job_id, number) for number in range(MAX_PICTURES_PER_JOB))
        with self._lock:
            return tuple(name for name in names if name in self._order)

    def page(self, query: GalleryQuery, first: str = "") -> GalleryPage:
        """Return the page that begins with the picture ``first``, by default the newest page."""
        with self._lock:
            matches = self._matching(query)
            return page_of(matches, self._position(first), self._view, self._prompt_counts())

    def neighbours(self, query: GalleryQuery, name: str) -> tuple[str | None, str | None]:
        """Return the next newer and the next older picture."""
        with self._lock:
            position = self._position(name)
            return _neighbours(self._matching(query), position) if position else (None, None)

    def first_before(self, query: GalleryQuery, at: float) -> str | None:
        """Return the newest picture that was stored before ``at`` (Unix seconds)."""
        with self._lock:
            matches = self._matching(query)
            index = bisect_left(matches, (at, ""))
            return matches[index - 1].name if index else None

    def count(self) -> int:
        """Return the number of known pictures."""
        return len(self._order.entries)

    def stored_since_start(self) -> int:
        """Return the number of pictures stored since this process started."""
        return self._stored_since_start

    def _admitted(self, entries: Iterable[IndexEntry]) -> Iterator[IndexEntry]:
        """Yield and count the entries that are new and may be shown."""
        for entry in entries:
            if self._is_new(entry.name) and self.admits(entry.name, entry.stored_at):
                self._stored_since_start += entry.stored_at >= self._started
                self._invalidate()
                yield entry

    def _is_new(self, name: str) -> bool:
        unknown = name not in self._order and name not in self._deleted
        return unknown and parse_picture_name(name) is not None

    def _drop_oldest(self) -> None:
        for name in self._order.truncate(MAX_PICTURES):
            self._prompts.pop(name[:_JOB_ID_LENGTH], None)
            self._unread.discard(name[:_JOB_ID_LENGTH])

    def _drop_unused_prompt(self, job_id: str) -> None:
        """Drop a job's prompt if none of its pictures is left."""
        names = (picture_name(job_id, number) for number in range(MAX_PICTURES_PER_JOB))
        if not any(name in self._order for name in names):
            self._prompts.pop(job_id, None)
            self._unread.discard(job_id)

    def _invalidate(self) -> None:
        self._newest = None
        self._matches.clear()

    def _prompt_counts(self) -> tuple[int, int]:
        return len(self._prompts), len(self._prompts) + len(self._unread)

    def _matching(self, query: GalleryQuery) -> list[IndexEntry]:
        if query.is_all:
            return self._order.entries
        if query not in self._matches:
            if len(self._matches) >= _MAX_CACHED_QUERIES:
                self._matches.clear()
            self._matches[query] = list(filter(self._predicate(query), self._order.entries))
        return self._matches[query]

    def _predicate(self, query: GalleryQuery) -> Callable[[IndexEntry], bool]:
        def matches(entry: IndexEntry) -> bool:
            if query.starred and entry.name not in self._stars:
                return False
            return query.matches(self._prompts.get(entry.name[:_JOB_ID_LENGTH], ""))

        return matches

    def _position(self, name: str) -> IndexEntry | None:
        """Return where a picture is in the order, or was before its deletion."""
        if entry := self._order.find(name) or self._deleted.get(name):
            return entry
        identity = parse_picture_name(name)
        at = submitted_at(identity.job_id) if identity else None
        return None if at is None else IndexEntry(at, name)

    def _view(self, entry: IndexEntry) -> PictureView:
        identity = picture_identity(entry.name)
        return PictureView(
            name=entry.name,
            job_id=identity.job_id,
            number=identity.number,
            at=entry.stored_at,
            prompt=self._prompts.get(identity.job_id) or None,
            starred=self.is_starred(entry.name),
        )


def picture_identity(name: str) -> PictureName:
    """Parse the name of a picture; raises ValueError if it is another object's."""
    identity = parse_picture_name(name)
    if identity is None:
        raise ValueError(f"{name} is not the name of a picture.")
    return identity


def _neighbours(
    entries: Sequence[IndexEntry], position: IndexEntry
) -> tuple[str | None, str | None]:
    """Return the next newer and the next older picture of a position, which may be vacant."""
    index = bisect_left(entries, position)
    after = index + (index < len(entries) and entries[index] == position)
    newer = entries[after].name if after < len(entries) else None
    return newer, entries[index - 1].name if index else None
