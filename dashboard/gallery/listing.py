"""Partial listings of the store: object names begin with UUIDv7s, so they sort by time.

Each listing starts at a name and stops after another. On S3, which has ``start_after``, it
costs the same with 24 and with 100,000 pictures. A local folder is scanned at each listing,
but only the files in the range are opened.
"""

from collections.abc import Iterator
from itertools import islice, takewhile

from dashboard.domain.time_units import DAY, MINUTE
from wire.stores.base import Entry, Store

_FIRST_UUIDV7 = 1577836800.0
"""Unix seconds: the beginning of 2020, before the first UUIDv7 was generated."""
NameRange = tuple[str, str]
"""The names between two texts, both excluded."""


def prefix(at: float) -> str:
    """Return the prefix of object names of jobs created at ``at`` (Unix seconds)."""
    digits = f"{max(0, int(at * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def span(start: float, now: float) -> NameRange:
    """Return the names of jobs created since ``start``.

    The range ends tomorrow. Later names are no UUIDv7s, and a bucket of the older sample
    holds many of them.
    """
    return prefix(start), prefix(now + DAY)


def within(store: Store, names: NameRange) -> Iterator[Entry]:
    """List the objects of a range."""
    first, last = names
    return takewhile(lambda entry: entry.name < last, store.entries(first))


def since(store: Store, start: float, now: float) -> Iterator[Entry]:
    """List the objects of jobs created since ``start``."""
    return within(store, span(start, now))


def newest(store: Store, now: float, minimum: int) -> list[Entry]:
    """List at least ``minimum`` of the newest objects, or all there are, sorted by name."""
    found: list[Entry] = []
    for names in spans_back(now):
        found[:0] = within(store, names)
        if len(found) >= minimum:
            break
    return found


def spans_back(now: float) -> Iterator[NameRange]:
    """Yield adjacent ranges of growing length, from now back to the first UUIDv7."""
    end = now + DAY
    for start in _steps_back(now):
        yield prefix(start), prefix(end)
        end = start


def spans_of_other_versions(now: float) -> tuple[NameRange, NameRange]:
    """Return the ranges of names that contain no time, and of marks such as stars."""
    return ("", prefix(_FIRST_UUIDV7)), (prefix(now + DAY), "~")


def of_other_versions(store: Store, now: float, limit: int) -> list[Entry]:
    """List up to ``limit`` objects whose names contain no time, as those of the older sample."""
    spans = spans_of_other_versions(now)
    return [entry for names in spans for entry in islice(within(store, names), limit // 2)]


def of_job(store: Store, job_id: str) -> Iterator[Entry]:
    """List one job's objects."""
    return takewhile(lambda entry: entry.name.startswith(job_id), store.entries(job_id))


def with_changes_since(
    before: frozenset[str], current: frozenset[str], listed: frozenset[str]
) -> frozenset[str]:
    """Return the listed names with the changes that this process made while they were listed.

    The listing may have passed the place of a change already.

    Args:
        before: the names that were known when the listing began.
        current: those that are known now.
        listed: the result of the listing.

    """
    return (listed - (before - current)) | (current - before)


def _steps_back(now: float) -> Iterator[float]:
    back = 10 * MINUTE
    while now - back > _FIRST_UUIDV7:
        yield now - back
        back *= 5
    yield _FIRST_UUIDV7
