"""Convert objects once, and again when they change."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from dashboard.fleet.kubernetes.client import Object

Context = TypeVar("Context")
Value = TypeVar("Value")


class Memo(Generic[Context, Value]):
    """The values of a function of objects and what is known beside them.

    A watch keeps the objects that do not change, so the identity of an object is its version.
    """

    def __init__(self, function: Callable[[Object, Context], Value]) -> None:
        self._function = function
        self._kept: dict[int, tuple[Object, Context, Value]] = {}

    def values(self, pairs: Iterable[tuple[Object, Context]]) -> tuple[Value, ...]:
        """Return the value of each object with its context; those of other objects are dropped."""
        kept: dict[int, tuple[Object, Context, Value]] = {}
        values = []
        for found, context in pairs:
            entry = self._kept.get(id(found))
            if entry is None or entry[1] != context:
                entry = (found, context, self._function(found, context))
            kept[id(found)] = entry  # which keeps the object, so no other one gets its id
            values.append(entry[2])
        self._kept = kept
        return tuple(values)
