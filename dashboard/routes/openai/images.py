"""``POST /v1/images/generations``: submit a job, and wait for its pictures."""

from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard import runtime
from dashboard.access import Program
from dashboard.routes import submissions
from dashboard.routes.errors import NO_STORE
from dashboard.routes.openai import fields, held, pictures
from dashboard.routes.openai.fields import ImagesRequest
from dashboard.routes.openai.keys import require_program
from dashboard.routes.openai.models import model_ids
from dashboard.routes.openai.stream import EventStream
from dashboard.routes.openai.unfinished import not_finished
from wire.messages.job import Job


async def generate(request: Request) -> Response:
    """Generate pictures: submit a job and answer once it is finished, or with events."""
    program = require_program(request)
    wanted = fields.read(await submissions.read_fields(request), model_ids())
    seconds = held.seconds_to_wait(request)
    async with AsyncExitStack() as place:
        await place.enter_async_context(held.place())
        job = await _submit(request, program, wanted)
        if wanted.stream:
            return EventStream(request, wanted, job, seconds, place.pop_all())
        view = await held.until_finished(request, job, seconds)
        if view is None:
            raise not_finished(request, job, seconds)
        body = await pictures.answer(request, wanted, view)
    return JSONResponse(body, headers=NO_STORE | {"x-request-id": job.id})


async def _submit(request: Request, program: Program, wanted: ImagesRequest) -> Job:
    model = runtime.current().sampler.snapshot().model
    (job,) = await submissions.submit(request, program, fields.job_fields(wanted, model))
    if job.pending_approval:
        pictures.require_approval(job.id)
    return job
