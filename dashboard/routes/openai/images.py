"""``POST /v1/images/generations``: submit a job, and wait for its pictures."""

import math

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard import runtime
from dashboard.insights import estimates
from dashboard.presentation.job_text import describe_state
from dashboard.routes import submissions
from dashboard.routes.errors import NO_STORE
from dashboard.routes.openai import fields, held, pictures
from dashboard.routes.openai.errors import Refusal
from dashboard.routes.openai.keys import require_role
from dashboard.routes.openai.models import model_ids
from wire.messages.job import Job

_MAX_RETRY_SECONDS = 60
"""OpenAI's clients ignore longer ones, depending on their version."""


async def generate(request: Request) -> Response:
    """Generate pictures: submit a job and answer once it is finished."""
    role = require_role(request)
    wanted = fields.read(await submissions.read_fields(request), model_ids())
    seconds = held.seconds_to_wait(request)
    async with held.place():
        model = runtime.current().sampler.snapshot().model
        job_fields = fields.job_fields(wanted, model)
        (job,) = await submissions.submit(request, role, job_fields)
        if job.pending_approval:
            pictures.require_approval(job.id)
        view = await held.until_finished(request, job, seconds)
        if view is None:
            raise _not_finished(request, job, seconds)
        body = await pictures.answer(request, wanted, view)
    return JSONResponse(body, headers=NO_STORE | {"x-request-id": job.id})


def _not_finished(request: Request, job: Job, waited: float) -> Refusal:
    context = runtime.current()
    snapshot, view = context.sampler.snapshot(), context.journal.find(job.id)
    state = f" It is {describe_state(view, snapshot)}." if view else ""
    message = (
        f"The job {job.id} is not finished after {waited:g} s, and is kept.{state} "
        f"GET /api/jobs/{job.id} has its pictures once they are generated{_again(request)}."
    )
    rest = estimates.seconds_until_done(snapshot, job.id) or 10
    seconds = min(_MAX_RETRY_SECONDS, math.ceil(rest))
    headers = {"Retry-After": str(seconds), "x-request-id": job.id}
    return Refusal(503, message, code="not_finished", headers=headers)


def _again(request: Request) -> str:
    if "idempotency-key" not in request.headers:
        return ""
    return ", and so has this request, sent again with the same Idempotency-Key"
