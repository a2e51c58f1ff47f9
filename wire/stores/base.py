"""What a store of objects promises, whichever technology is behind it.

A reader sees an object whole or not at all. Writing a name again replaces the object.
All methods may be called from any thread. They raise StoreUnavailable while the store
cannot be reached, StoreFull when it has no room, and StoreError for a name that is not
letters, digits, ``. _ -`` and single slashes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from core.errors import StoreError

_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_NAME = re.compile(rf"(?=.{{1,200}}\Z){_PART}(?:/{_PART})*")


def checked_name(name: str) -> str:
    """Return an object's name if it can do no harm; raises StoreError for any other text."""
    if not _NAME.fullmatch(name):
        raise StoreError(f"{name[:80]!r} is not a name of an object.")
    return name


@dataclass(frozen=True)
class Entry:
    """One object in a listing."""

    name: str
    size: int
    """Bytes."""
    modified: float
    """Unix seconds."""


class Store(Protocol):
    """A flat bucket of named objects."""

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object; it appears at once and whole."""

    def get(self, name: str) -> bytes:
        """Read an object; raises ObjectMissing."""

    def exists(self, name: str) -> bool:
        """Tell whether an object has that name."""

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List objects whose names sort after ``after``, in order of name, lazily.

        With a prefix, only names that begin with it: of one that ends in a slash, a store
        that keeps folders reads that folder only.

        Job ids sort by time, so a caller that stops early pays for what it read only.
        """

    def delete(self, name: str) -> None:
        """Remove an object; nothing happens if there is none."""

    def check(self) -> None:
        """Return if the store answers, raise StoreUnavailable if it does not."""
