"""The interface of object stores, implemented for a folder and for S3.

Objects are written atomically; writing a name again replaces the object. All methods are
thread-safe. They raise StoreUnavailable if the store is unreachable, StoreFull if it has no
space left, and StoreError for a name with other characters than letters, digits, ``. _ -`` and
single slashes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from core.errors import StoreError

_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_NAME = re.compile(rf"(?=.{{1,200}}\Z){_SEGMENT}(?:/{_SEGMENT})*")


def checked_name(name: str) -> str:
    """Return a valid object name. Raises StoreError for any other text."""
    if not _NAME.fullmatch(name):
        raise StoreError(f"{name[:80]!r} is not a valid object name.")
    return name


@dataclass(frozen=True)
class Entry:
    """An object in a listing."""

    name: str
    size: int
    """Bytes."""
    modified: float
    """Unix seconds."""


class Store(Protocol):
    """A flat bucket of named objects."""

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object atomically."""

    def get(self, name: str) -> bytes:
        """Read an object. Raises ObjectMissing."""

    def exists(self, name: str) -> bool:
        """Return whether an object of that name exists."""

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List objects whose names start with ``prefix`` and sort after ``after``.

        Entries are sorted by name and read lazily. Job ids sort by time, so a caller that wants
        the objects of a period can stop early.
        """

    def delete(self, name: str) -> None:
        """Delete an object, if it exists."""

    def check(self) -> None:
        """Raise StoreUnavailable if the store does not respond."""
