"""What is drawn of a snapshot is drawn once, however many sessions look at it."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

from cachetools import LRUCache

from dashboard.domain.snapshot import Snapshot

Drawing = TypeVar("Drawing")
_SNAPSHOTS = 3
"""The newest, and what a frozen page or two still show."""


def snapshot_cache(draw: Callable[..., Drawing]) -> Callable[..., Drawing]:
    """Remember what ``draw(snapshot, *options)`` returned, for the snapshots drawn last.

    They are told apart by identity, not by time: frozen pages and replays go back in time.
    """
    remembered: LRUCache[int, tuple[Snapshot, dict[tuple[Hashable, ...], Drawing]]]
    remembered = LRUCache(_SNAPSHOTS)
    lock = Lock()

    def drawn(snapshot: Snapshot, *options: Hashable) -> Drawing:
        # Under the lock, so that sessions that tick together wait for one drawing.
        with lock:
            # The snapshot is kept beside its drawings, so that its id stays its own.
            _, drawings = remembered.setdefault(id(snapshot), (snapshot, {}))
            if options not in drawings:
                drawings[options] = draw(snapshot, *options)
            return drawings[options]

    return drawn
