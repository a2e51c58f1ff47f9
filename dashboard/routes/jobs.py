"""Find jobs for routes."""

from anyio import CapacityLimiter

from core.errors import StoreUnavailable
from dashboard import runtime
from dashboard.domain.jobs import JobView
from dashboard.gallery.stored_jobs import stored_job
from dashboard.routes.blocking import StoreCalls

SUBMISSIONS = CapacityLimiter(16)
"""Threads of requests that wait for the queue: others go on while it does not answer."""

_calls = StoreCalls("find job", threads=4, seconds=5.0)


async def find_job(job_id: str) -> JobView | None:
    """Return a job from the journal, else from the store.

    Fails fast while the last poll of the store failed. Raises StoreUnavailable.
    """
    context = runtime.current()
    if view := context.journal.find(job_id):
        return view
    if error := context.sampler.snapshot().store.error:
        raise StoreUnavailable(error)
    return await _calls.run(context.find_job, job_id)


async def find_stored_job(job_id: str) -> JobView | None:
    """Return a finished job from the store; None without its metadata. Raises StoreUnavailable."""
    return await _calls.run(stored_job, runtime.current().store, job_id)
