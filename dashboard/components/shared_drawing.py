"""What is drawn of a snapshot is drawn once, however many sessions look at it."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

from dashboard.readings.snapshot import Snapshot

Drawing = TypeVar("Drawing")


def once_per_snapshot(draw: Callable[..., Drawing]) -> Callable[..., Drawing]:
    """Remember what ``draw(snapshot, *options)`` returned, for the newest snapshot.

    Frozen pages draw older snapshots now and then; those are drawn anew.
    """
    remembered: dict[tuple[Hashable, ...], Drawing] = {}
    lock = Lock()
    newest = 0.0

    def drawn(snapshot: Snapshot, *options: Hashable) -> Drawing:
        nonlocal newest
        # Under the lock, so that sessions that tick together wait for one drawing.
        with lock:
            if snapshot.at < newest:
                return draw(snapshot, *options)
            if snapshot.at > newest:
                newest = snapshot.at
                remembered.clear()
            if options not in remembered:
                remembered[options] = draw(snapshot, *options)
            return remembered[options]

    return drawn
