"""Listing parts of the store: object names begin with UUIDv7s, so they sort by time.

Each listing starts where it is needed and stops as soon as it has gone far enough. On S3,
which has ``start_after``, it costs the same at 24 and at 100,000 pictures. A folder is read
whole, names only, at each listing; what is not asked for is at least not looked at.
"""

from collections.abc import Iterator
from itertools import islice, takewhile

from wire.store import Entry, Store

MINUTE, DAY = 60.0, 86400.0
_FIRST_UUIDV7 = 1577836800.0
"""2020, in Unix seconds: before it, no UUIDv7 was ever made."""


def prefix(at: float) -> str:
    """Return what the names of jobs made at ``at`` (Unix seconds) begin with."""
    digits = f"{max(0, int(at * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def between(store: Store, start: float, end: float) -> Iterator[Entry]:
    """List the objects of jobs made from ``start`` until ``end``, Unix seconds."""
    last = prefix(end)
    return takewhile(lambda entry: entry.name < last, store.entries(prefix(start)))


def since(store: Store, start: float, now: float) -> Iterator[Entry]:
    """List the objects of jobs made from ``start`` on.

    A name beyond tomorrow is no UUIDv7: there the listing stops, before it would read the
    rest of a bucket that an older sample filled with names of other versions.
    """
    return between(store, start, now + DAY)


def newest(store: Store, now: float, enough: int) -> list[Entry]:
    """List at least the ``enough`` newest objects, in order of name, if there are as many.

    It steps back from now in growing steps and lists each stretch of time once.
    """
    found: list[Entry] = []
    end = now + DAY
    for start in _steps_back(now):
        found[:0] = between(store, start, end)
        if len(found) >= enough:
            break
        end = start
    return found


def of_other_versions(store: Store, now: float, most: int) -> list[Entry]:
    """List up to ``most`` objects whose names do not tell a time, as of an older sample."""
    early = between(store, 0, _FIRST_UUIDV7)
    late = store.entries(prefix(now + DAY))
    return [*islice(early, most // 2), *islice(late, most // 2)]


def of_job(store: Store, job_id: str) -> Iterator[Entry]:
    """List one job's objects."""
    return takewhile(lambda entry: entry.name.startswith(job_id), store.entries(job_id))


def _steps_back(now: float) -> Iterator[float]:
    back = 10 * MINUTE
    while now - back > _FIRST_UUIDV7:
        yield now - back
        back *= 5
    yield _FIRST_UUIDV7
