"""The hearts of all visitors, counted in memory."""

import threading
import time
from collections import Counter

from core.errors import MessageError
from wire.stores.base import Entry, Store
from wire.stores.hearts import (
    EXPIRES_AFTER_SECONDS,
    MAX_VISITORS,
    find_visitor,
    list_visitors,
    read_hearts,
    write_hearts,
)

MAX_HEARTS = 100
"""Hearts that a visitor has given at a time."""


class Hearts:
    """Counts each visitor once for a picture; thread-safe.

    Hearts that this process received count at once, those that other dashboards received after
    the next ``read``, which reads only what changed.

    Args:
        store: keeps the hearts.

    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._changing = threading.Lock()
        self._given: dict[str, tuple[str, ...]] = {}
        self._counts: Counter[str] = Counter()
        self._seen: dict[str, Entry] = {}

    def give(self, visitor: str, picture: str, given: bool) -> None:
        """Give a visitor's heart to a picture, or take it back; repeating it changes nothing.

        Raises MessageError beyond ``MAX_HEARTS`` or ``MAX_VISITORS``, StoreUnavailable, StoreFull.
        """
        with self._changing:  # a visitor taps quickly, and each tap replaces the visitor's object
            # Another dashboard may have received the visitor's last heart.
            pictures = read_hearts(self._store, visitor)
            if given != (picture in pictures):
                pictures = self._change(visitor, pictures, picture, given)
            self._set(visitor, pictures)

    def count(self, picture: str) -> int:
        """Return the number of visitors that gave a picture their heart."""
        return self._counts[picture]

    def given_by(self, visitor: str) -> frozenset[str]:
        """Return the pictures that have a visitor's heart."""
        with self._lock:
            return frozenset(self._given.get(visitor, ()))

    def ranking(self) -> list[tuple[str, int]]:
        """Return all pictures with hearts and their counts, the highest first."""
        with self._lock:
            return [(name, count) for name, count in self._counts.most_common() if count > 0]

    def read(self) -> int:
        """Read the hearts that changed in the store, delete expired ones; return the number of all.

        Raises StoreUnavailable.
        """
        listed = dict(list_visitors(self._store))
        for visitor in {**self._seen, **listed}:
            entry = listed.get(visitor)
            if entry is None or _is_expired(entry) or self._seen.get(visitor) != entry:
                self._read_visitor(visitor, entry)
        with self._lock:
            return self._counts.total()

    def _read_visitor(self, visitor: str, entry: Entry | None) -> None:
        """Read a visitor's hearts; without an entry they were taken back, or have expired."""
        with self._changing:  # a heart of this process is not overwritten by an older one
            if entry and _is_expired(entry):
                entry = self._expire(visitor)
            self._set(visitor, read_hearts(self._store, visitor))
        if entry:
            self._seen[visitor] = entry
        else:
            self._seen.pop(visitor, None)

    def _expire(self, visitor: str) -> Entry | None:
        """Delete a visitor's hearts, unless there is a new one since they were listed."""
        entry = find_visitor(self._store, visitor)
        if entry and not _is_expired(entry):
            return entry
        write_hearts(self._store, visitor, ())
        return None

    def _change(
        self, visitor: str, before: tuple[str, ...], picture: str, given: bool
    ) -> tuple[str, ...]:
        others = tuple(name for name in before if name != picture)
        after = (*others, picture) if given else others
        self._check_limits(visitor, after)
        write_hearts(self._store, visitor, after)
        return after

    def _check_limits(self, visitor: str, after: tuple[str, ...]) -> None:
        if len(after) > MAX_HEARTS:
            raise MessageError(f"You gave {MAX_HEARTS} hearts. Take one back to give another.")
        if visitor not in self._given and len(self._given) >= MAX_VISITORS:
            raise MessageError("This room takes no more hearts.")

    def _set(self, visitor: str, pictures: tuple[str, ...]) -> None:
        with self._lock:
            self._counts.subtract(self._given.get(visitor, ()))
            self._counts.update(pictures)
            if pictures:
                self._given[visitor] = pictures
            else:
                self._given.pop(visitor, None)


def _is_expired(entry: Entry) -> bool:
    return time.time() - entry.modified > EXPIRES_AFTER_SECONDS
