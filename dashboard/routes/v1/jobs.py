"""Submit, list, read and cancel jobs."""

from collections.abc import Iterator
from heapq import nlargest
from typing import Annotated

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard import runtime
from dashboard.domain.jobs import JobView, State, initial_view
from dashboard.routes import submissions
from dashboard.routes.jobs import cancel, requested_job
from dashboard.routes.v1.answers import respond
from dashboard.routes.v1.keys import program_of
from dashboard.routes.v1.queries import MAX_PAGE, QueryModel, read_query
from dashboard.routes.v1.schemas.jobs import AcceptedJobs, Job, JobPage, job_path, to_job
from wire.messages.job import Job as SentJob
from wire.messages.object_names import JobId


class JobQuery(QueryModel):
    """Which jobs a page has."""

    state: State | None = None
    """Only jobs in this state."""
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50
    """Jobs of a page."""
    cursor: JobId | None = None
    """The `next_cursor` of the page before."""


async def submit(request: Request) -> Response:
    """Publish a job, or with ``separate`` a job for each picture."""
    fields = await submissions.read_fields(request)
    sent = await submissions.submit(request, program_of(request), fields)
    location = {"Location": job_path(sent[0].id)} if len(sent) == 1 else {}
    jobs = tuple(shown(request, _view_of(job)) for job in sent)
    return respond(AcceptedJobs(jobs=jobs), 202, location)


async def list_jobs(request: Request) -> Response:
    """Return the newest jobs, or those after a cursor."""
    query = read_query(request, JobQuery)
    views = nlargest(query.limit + 1, _matching(query), key=lambda view: view.job.id)
    page = views[: query.limit]
    following = page[-1].job.id if len(views) > query.limit else None
    jobs = tuple(shown(request, view) for view in page)
    return respond(JobPage(jobs=jobs, next_cursor=following))


async def read_job(request: Request) -> Response:
    """Return a job."""
    return respond(shown(request, await requested_job(request)))


async def cancel_job(request: Request) -> Response:
    """Cancel a job; a worker that generates it stops at its next check."""
    view = await requested_job(request)
    if view.state in ("done", "failed"):
        raise HTTPException(409, f"The job is {view.state}, so there is nothing to cancel.")
    if view.state != "cancelled":
        await cancel(view.job.id)
    return respond(shown(request, await requested_job(request)))


def shown(request: Request, view: JobView) -> Job:
    """Return a job as the sender of a request may see it."""
    context = runtime.current()
    own = view if program_of(request).role == "presenter" else context.shown_job(view)
    return to_job(own, context.shown_pictures(view))


def _view_of(job: SentJob) -> JobView:
    return runtime.current().journal.find(job.id) or initial_view(job)


def _matching(query: JobQuery) -> Iterator[JobView]:
    for view in runtime.current().journal.jobs():
        is_after = query.cursor is None or view.job.id < query.cursor
        if is_after and query.state in (None, view.state):
            yield view
