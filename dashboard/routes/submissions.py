"""Submit jobs that programs send over HTTP, whichever form their requests have."""

import json
import re
from typing import Any

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard.access import Program, job_rate, submitters
from dashboard.routes.jobs import SUBMISSIONS
from dashboard.routes.requests import check_origin, read_body
from dashboard.runtime import submission
from dashboard.runtime.idempotency import Submissions
from wire.messages.job import MAX_MESSAGE_BYTES, Job

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

_submissions = Submissions()


async def read_fields(request: Request) -> dict[str, Any]:
    """Return the JSON object in a request's body; raises HTTPException."""
    # Requiring this content type also blocks forms of other sites: a browser sends it across
    # origins only after a preflight request, which is not granted.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(
            415, "Send the job as JSON, with the header Content-Type: application/json."
        )
    check_origin(request)
    error = HTTPException(413, f"The body is too large; the maximum is {MAX_MESSAGE_BYTES} bytes.")
    return _parse_object(await read_body(request, MAX_MESSAGE_BYTES, error))


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise HTTPException(400, 'The body is not a JSON object such as {"prompt": "a cat"}.')
    return fields


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of I-JSON (RFC 7493): names are unique, and can be written as UTF-8."""
    fields = dict(pairs)
    "".join(fields).encode()  # raises ValueError for half of a surrogate pair
    if len(fields) < len(pairs):
        raise HTTPException(400, "A field is in the body twice, so its value is not clear.")
    return fields


async def submit(request: Request, program: Program, fields: dict[str, Any]) -> list[Job]:
    """Publish the jobs of a request, or return those of an earlier one with its Idempotency-Key.

    Raises ApplicationError or HTTPException.
    """
    key = _idempotency_key(request, program)
    return await to_thread.run_sync(_submit, fields, key, program, limiter=SUBMISSIONS)


def _submit(fields: dict[str, Any], key: str | None, program: Program) -> list[Job]:
    count = len(submission.jobs_of(submission.validated(fields)))
    job_rate.allow(program, count)
    submitter = submitters.of_program(program)
    return _submissions.submit(fields, key, program.role == "presenter", submitter)


def _idempotency_key(request: Request, program: Program) -> str | None:
    """Return the Idempotency-Key with the name of the program's key: programs may choose alike."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise HTTPException(400, "The Idempotency-Key must have 1 to 255 visible characters.")
    return f"{program.key or ''} {key}"
