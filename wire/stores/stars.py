"""Stars: pictures that somebody marked as good. A star is everybody's, so it lies in the store.

It is an object of its own beside the picture, ``stars/<picture name>``: giving and taking
one changes nothing that a worker wrote, and one short listing reads them all.
"""

from wire.messages.picture import parse_picture_name
from wire.stores.base import Store

_PREFIX = "stars/"


def star(store: Store, name: str) -> None:
    """Mark a picture."""
    store.put(_PREFIX + name, b"", "text/plain")


def unstar(store: Store, name: str) -> None:
    """Take a picture's mark away; nothing happens if there is none."""
    store.delete(_PREFIX + name)


def list_starred(store: Store) -> frozenset[str]:
    """Return the names of all pictures that are marked."""
    names = (mark.name.removeprefix(_PREFIX) for mark in store.entries(prefix=_PREFIX))
    return frozenset(name for name in names if parse_picture_name(name))
