"""Star pictures with marks in the store, shared by all users.

A star is an object ``stars/<picture name>``: starring changes no object that a worker writes,
and one short listing returns all stars.
"""

from wire.messages.object_names import parse_picture_name
from wire.stores.base import Store

_PREFIX = "stars/"


def star(store: Store, name: str) -> None:
    """Star a picture."""
    store.put(_PREFIX + name, b"", "text/plain")


def unstar(store: Store, name: str) -> None:
    """Remove a picture's star, if present."""
    store.delete(_PREFIX + name)


def list_starred(store: Store) -> frozenset[str]:
    """Return the names of all starred pictures."""
    names = (mark.name.removeprefix(_PREFIX) for mark in store.entries(prefix=_PREFIX))
    return frozenset(name for name in names if parse_picture_name(name))
