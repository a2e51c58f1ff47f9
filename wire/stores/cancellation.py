"""Cancelling a job: a mark in the store, which workers read before they paint.

A broker cannot take one message out of the middle of its queue, and an event reaches
only workers that run already; a mark waits for the worker that is yet to start.
"""

from wire.stores.base import Store

_PREFIX = "cancelled/"


def cancel(store: Store, job_id: str) -> None:
    """Ask whichever worker takes this job to drop it."""
    store.put(_PREFIX + job_id, b"", "text/plain")


def is_cancelled(store: Store, job_id: str) -> bool:
    """Tell whether somebody cancelled this job."""
    return store.exists(_PREFIX + job_id)


def clear_cancellation(store: Store, job_id: str) -> None:
    """Remove the mark, once the job has left the queue."""
    store.delete(_PREFIX + job_id)
