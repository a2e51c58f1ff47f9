"""Hearts that visitors give to pictures: one object in the store for each visitor.

``hearts/<visitor>`` lists the names of the pictures, one a line. A room of 300 people makes 300
small objects, however many hearts they give; only a visitor's own requests write the object. Hearts
of deleted pictures stay in it, and count for nothing, until all hearts of the visitor expire.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from core.errors import ObjectMissing
from wire.messages.object_names import parse_picture_name
from wire.stores.base import Entry, Store

MAX_VISITORS = 5000
"""Visitors whose hearts are counted."""
EXPIRES_AFTER_SECONDS = 2 * 86400.0
"""Since a visitor's last heart. Their cookie lasts a day, so they cannot change it any more, and
last week's rooms leave space for this one."""
_PREFIX = "hearts/"


def write_hearts(store: Store, visitor: str, pictures: Iterable[str]) -> None:
    """Replace the hearts of a visitor; without any, no object is left."""
    if body := "\n".join(pictures).encode():
        store.put(_PREFIX + visitor, body, "text/plain")
    else:
        store.delete(_PREFIX + visitor)


def read_hearts(store: Store, visitor: str) -> tuple[str, ...]:
    """Return the pictures that have a visitor's heart, in the order in which they got it."""
    try:
        names = store.get(_PREFIX + visitor).decode(errors="replace").split("\n")
    except ObjectMissing:
        return ()
    return tuple(name for name in dict.fromkeys(names) if parse_picture_name(name))


def list_visitors(store: Store) -> Iterator[tuple[str, Entry]]:
    """Yield the visitors that gave hearts, and the entries of their objects."""
    for entry in islice(store.entries(prefix=_PREFIX), MAX_VISITORS):
        yield entry.name.removeprefix(_PREFIX), entry


def find_visitor(store: Store, visitor: str) -> Entry | None:
    """Return the entry of a visitor's object; None without hearts."""
    name = _PREFIX + visitor
    return next((entry for entry in store.entries(prefix=name) if entry.name == name), None)
