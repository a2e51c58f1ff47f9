"""A cache of what is derived from simulated results, shared by all sessions."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

from cachetools import LRUCache

Derived = TypeVar("Derived")
_MAX_DERIVED = 32


def result_cache(derive: Callable[..., Derived]) -> Callable[..., Derived]:
    """Cache ``derive(*results, *options)``, called as ``cached(results, *options)``.

    Results are compared by identity: they hold thousands of numbers, and stay the same objects
    until there are newer ones. Pages ask every two seconds, and a chart takes tens of milliseconds.
    """
    cache: LRUCache[Hashable, tuple[tuple[object, ...], Derived]] = LRUCache(_MAX_DERIVED)
    lock = Lock()

    def cached(results: tuple[object, ...], *options: Hashable) -> Derived:
        key = (*map(id, results), *options)
        # Under the lock, so that sessions that tick together wait for one result.
        with lock:
            if key not in cache:
                # The cache keeps the results alive, so that their ids are not reused.
                cache[key] = (results, derive(*results, *options))
            return cache[key][1]

    return cached
