"""A cache of what is derived from simulated results, shared by all sessions."""

from collections.abc import Callable, Hashable
from threading import Condition
from typing import TypeVar

from cachetools import LRUCache, cached

Derived = TypeVar("Derived")
_MAX_DERIVED = 32


def result_cache(derive: Callable[..., Derived]) -> Callable[..., Derived]:
    """Cache ``derive(*results, *options)``, called as ``kept(results, *options)``.

    Results are compared by identity: they hold thousands of numbers, and stay the same objects
    until there are newer ones. Pages request them every two seconds, and a chart takes tens of
    milliseconds.

    Sessions that request the same at a time wait for one derivation; others do not wait for it.
    """

    @cached(LRUCache(_MAX_DERIVED), key=_key, condition=Condition())
    def derived(
        results: tuple[object, ...], *options: Hashable
    ) -> tuple[tuple[object, ...], Derived]:
        # The cache keeps the results alive, so that their ids are not reused.
        return results, derive(*results, *options)

    def kept(results: tuple[object, ...], *options: Hashable) -> Derived:
        return derived(results, *options)[1]

    return kept


def _key(results: tuple[object, ...], *options: Hashable) -> Hashable:
    return (*map(id, results), *options)
