"""Find jobs for routes."""

from anyio import CapacityLimiter
from starlette.exceptions import HTTPException
from starlette.requests import Request

from core.errors import StoreUnavailable
from dashboard import runtime
from dashboard.domain.jobs import JobView
from dashboard.gallery.stored_jobs import stored_job
from dashboard.routes.blocking import StoreCalls
from wire.messages.object_names import metadata_name, parse_metadata_name

SUBMISSIONS = CapacityLimiter(16)
"""Threads of requests that wait for the queue: others go on while it does not answer."""

_calls = StoreCalls("find job", threads=4, seconds=5.0)
_cancellations = StoreCalls("cancel job", threads=16, seconds=5.0)


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


async def requested_job(request: Request) -> JobView:
    """Return the job that a request's path names; raises HTTPException or StoreUnavailable."""
    job_id = request.path_params["id"]
    # The id becomes part of an object's name: nothing else may reach the store.
    is_id = parse_metadata_name(metadata_name(job_id)) is not None
    view = await find_job(job_id) if is_id else None
    if view is None:
        raise HTTPException(404, "There is no job with this id.")
    return view


async def cancel(job_id: str) -> None:
    """Cancel a job. Raises StoreUnavailable; if the store hangs, it may be cancelled later."""
    await _cancellations.run(runtime.current().cancel, job_id)


async def find_stored_job(job_id: str) -> JobView | None:
    """Return a finished job from the store; None without its metadata. Raises StoreUnavailable."""
    return await _calls.run(stored_job, runtime.current().store, job_id)
