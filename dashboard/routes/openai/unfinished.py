"""The error for a request whose job is not finished in time."""

import math

from starlette.requests import Request

from dashboard import runtime
from dashboard.insights import estimates
from dashboard.presentation.job_text import describe_state
from dashboard.routes.openai.errors import Refusal
from wire.messages.job import Job

_MAX_RETRY_SECONDS = 60
"""OpenAI's clients ignore longer ones, depending on their version."""


def not_finished(request: Request, job: Job, waited: float) -> Refusal:
    """Return the error that names the job, what it waits for, and how to get its pictures."""
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
