"""The objects of a list, with the changes since."""

import threading

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.fields import Fields, prune
from dashboard.fleet.kubernetes.lists import Listing, Objects


class ObjectCache:
    """Objects of one kind by name; one thread writes, others read.

    Args:
        fields: what is kept of each object.

    """

    def __init__(self, fields: Fields) -> None:
        self.version = ""
        """The resourceVersion that was reached."""
        self._fields = fields
        self._by_name: dict[str, Object] = {}
        self._objects: Objects | None = ()
        self._lock = threading.Lock()

    def replace(self, listing: Listing) -> None:
        """Begin anew with a list."""
        with self._lock:
            self._by_name = {found["metadata"]["name"]: found for found in listing.objects}
            self._objects = None
            self.version = listing.version

    def apply(self, change: str, found: Object) -> None:
        """Apply a change of a watch; the object of a BOOKMARK has a resourceVersion only."""
        metadata = found["metadata"]
        with self._lock:
            if change == "DELETED":
                self._by_name.pop(metadata["name"], None)
            elif change != "BOOKMARK":
                self._by_name[metadata["name"]] = prune(found, self._fields)
            self._objects = self._objects if change == "BOOKMARK" else None
            self.version = metadata["resourceVersion"]

    def objects(self) -> Objects:
        """Return all objects: the same tuple until one changes."""
        with self._lock:
            if self._objects is None:
                self._objects = tuple(self._by_name.values())
            return self._objects
