"""A cache of what is rendered from snapshots, shared by all sessions."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

from cachetools import LRUCache

from dashboard.domain.snapshot import Snapshot

Rendered = TypeVar("Rendered")
_MAX_SNAPSHOTS = 6
"""The newest, and those that frozen pages still show; each also without hidden prompts."""


def snapshot_cache(render: Callable[..., Rendered]) -> Callable[..., Rendered]:
    """Cache the results of ``render(snapshot, *options)`` for the snapshots used last.

    Snapshots are compared by identity, not by time: frozen pages and replays go back in time.
    """
    cache: LRUCache[int, tuple[Snapshot, dict[tuple[Hashable, ...], Rendered]]]
    cache = LRUCache(_MAX_SNAPSHOTS)
    lock = Lock()

    def cached(snapshot: Snapshot, *options: Hashable) -> Rendered:
        # Under the lock, so that sessions that tick together wait for one result.
        with lock:
            # The cache keeps the snapshot alive, so that its id is not reused.
            _, results = cache.setdefault(id(snapshot), (snapshot, {}))
            if options not in results:
                results[options] = render(snapshot, *options)
            return results[options]

    return cached
