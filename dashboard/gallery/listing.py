"""Listing parts of the store: object names begin with UUIDv7s, so they sort by time.

Each listing starts where it is needed and stops as soon as it has gone far enough. On S3,
which has ``start_after``, it costs the same at 24 and at 100,000 pictures. A folder is read
whole, names only, at each listing; what is not asked for is at least not looked at.
"""

from collections.abc import Iterator
from itertools import islice, takewhile

from wire.stores.base import Entry, Store

MINUTE, DAY = 60.0, 86400.0
_FIRST_UUIDV7 = 1577836800.0
"""2020, in Unix seconds: before it, no UUIDv7 was ever made."""
NameRange = tuple[str, str]
"""The names after the first text and before the second."""


def prefix(at: float) -> str:
    """Return what the names of jobs made at ``at`` (Unix seconds) begin with."""
    digits = f"{max(0, int(at * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def span(start: float, now: float) -> NameRange:
    """Return where the names of jobs lie that were made from ``start`` on.

    A name beyond tomorrow is no UUIDv7: there a listing stops, before it would read the
    rest of a bucket that an older sample filled with names of other versions.
    """
    return prefix(start), prefix(now + DAY)


def within(store: Store, names: NameRange) -> Iterator[Entry]:
    """List the objects of a span."""
    first, last = names
    return takewhile(lambda entry: entry.name < last, store.entries(first))


def since(store: Store, start: float, now: float) -> Iterator[Entry]:
    """List the objects of jobs made from ``start`` on."""
    return within(store, span(start, now))


def newest(store: Store, now: float, enough: int) -> list[Entry]:
    """List at least the ``enough`` newest objects, in order of name, if there are as many."""
    found: list[Entry] = []
    for names in spans_back(now):
        found[:0] = within(store, names)
        if len(found) >= enough:
            break
    return found


def spans_back(now: float) -> Iterator[NameRange]:
    """Step back from now to the first UUIDv7, in growing steps that cover all time once."""
    end = now + DAY
    for start in _steps_back(now):
        yield prefix(start), prefix(end)
        end = start


def spans_of_other_versions(now: float) -> tuple[NameRange, NameRange]:
    """Return where names lie that do not tell a time, and marks such as stars."""
    return ("", prefix(_FIRST_UUIDV7)), (prefix(now + DAY), "~")


def of_other_versions(store: Store, now: float, most: int) -> list[Entry]:
    """List up to ``most`` objects whose names do not tell a time, as of an older sample."""
    spans = spans_of_other_versions(now)
    return [entry for names in spans for entry in islice(within(store, names), most // 2)]


def of_job(store: Store, job_id: str) -> Iterator[Entry]:
    """List one job's objects."""
    return takewhile(lambda entry: entry.name.startswith(job_id), store.entries(job_id))


def _steps_back(now: float) -> Iterator[float]:
    back = 10 * MINUTE
    while now - back > _FIRST_UUIDV7:
        yield now - back
        back *= 5
    yield _FIRST_UUIDV7
