"""Operations on the whole queue, for presenters."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from core.errors import JobNotWaiting, StoreError
from dashboard import runtime
from wire.messages.event import Event
from wire.messages.job import Job
from wire.stores.cancellation import cancel, cancelled_jobs, clear_cancellation

_STORE_CONNECTIONS = 8
"""Marks that are written at a time: thousands of jobs may wait."""


def pause() -> None:
    """Let workers take no new job until ``resume``; raises QueueError."""
    runtime.current().queue.pause()


def resume() -> None:
    """End a pause; raises QueueError."""
    runtime.current().queue.resume()


def move_to_front(job_id: str) -> None:
    """Have a waiting job generated next; raises JobNotWaiting or QueueError."""
    context = runtime.current()
    if not context.queue.move_to_front(job_id):
        raise JobNotWaiting("This job does not wait any more, so its place was not changed.")
    context.publish(Event(kind="prioritized", job_id=job_id))


def cancel_waiting() -> int:
    """Cancel all jobs that no worker has, and return their number.

    They are removed from the queue, those without an event in the journal too; jobs of the journal
    that are elsewhere, such as on their way to a worker, are marked. Raises QueueError or
    StoreError, and then some may still be there.
    """
    removed: list[Job] = []
    marked: list[str] = []
    try:
        removed.extend(runtime.current().queue.remove_waiting())
        with ThreadPoolExecutor(_STORE_CONNECTIONS) as pool:
            marked.extend(pool.map(_mark, _others_waiting(removed)))
    finally:
        events = (Event(kind="cancelled", job_id=job_id) for job_id in marked)
        runtime.current().publish(*map(_removed, removed), *events)
    return len(removed) + len(marked) - _delete_marks(removed)


def _others_waiting(removed: list[Job]) -> list[str]:
    known = {job.id for job in removed}
    waiting = (view for view in runtime.current().journal.unfinished() if view.state == "waiting")
    return [view.job.id for view in waiting if view.job.id not in known]


def _mark(job_id: str) -> str:
    cancel(runtime.current().store, job_id)
    return job_id


def _removed(job: Job) -> Event:
    return Event(kind="cancelled", job_id=job.id, job=job, removed=True)


def _delete_marks(removed: list[Job]) -> int:
    """Delete the marks of jobs that were cancelled one by one before, and return their number."""
    store = runtime.current().store
    with suppress(StoreError):  # a leftover mark has no effect: ids are never reused
        marked = cancelled_jobs(store) & {job.id for job in removed}
        for job_id in marked:
            clear_cancellation(store, job_id)
        return len(marked)
    return 0
