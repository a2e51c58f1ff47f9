"""Cancel a job with a mark in the store, which workers list every second.

A broker cannot remove one message from the middle of its queue, and an event reaches only
running workers; a mark is found by a worker that starts later too.
"""

from wire.stores.base import Store

_PREFIX = "cancelled/"


def cancel(store: Store, job_id: str) -> None:
    """Mark a job as cancelled; the worker that receives it drops it."""
    store.put(_PREFIX + job_id, b"", "text/plain")


def cancelled_jobs(store: Store) -> frozenset[str]:
    """List the ids of all jobs that are marked as cancelled."""
    return frozenset(entry.name.removeprefix(_PREFIX) for entry in store.entries(prefix=_PREFIX))


def clear_cancellation(store: Store, job_id: str) -> None:
    """Remove the mark, after the job has left the queue."""
    store.delete(_PREFIX + job_id)
