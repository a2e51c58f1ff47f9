"""Try every operation of a store on a small object, which is removed again."""

from collections.abc import Callable
from uuid import uuid4

from core.errors import StoreError, StoreUnavailable
from wire.stores.base import Store

_PREFIX = "probe/"
_BODY = b"written by a check, and removed by it"


def probe(store: Store) -> None:
    """List, write, read and delete an object. Raises StoreError with what failed.

    What follows the write is tried in any case, so that the object is removed if that is allowed.
    """
    name = f"{_PREFIX}{uuid4()}"
    next(iter(store.entries(prefix=_PREFIX)), None)
    store.put(name, _BODY, "text/plain")
    failed = [*_failure(lambda: _read(store, name)), *_failure(lambda: store.delete(name))]
    if failed:
        raise StoreUnavailable(" ".join(dict.fromkeys(failed)))


def _read(store: Store, name: str) -> None:
    if store.get(name) != _BODY:
        raise StoreError("The store returned another object than the one that was written.")


def _failure(operation: Callable[[], None]) -> list[str]:
    try:
        operation()
    except StoreError as error:
        return [str(error)]
    return []
