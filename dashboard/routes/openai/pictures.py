"""The pictures of a finished job, in OpenAI's form."""

from base64 import b64encode
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from dashboard import runtime
from dashboard.audience.address import with_base_path
from dashboard.domain.jobs import JobView
from dashboard.gallery.pictures import convert
from dashboard.routes.files import read_stored
from dashboard.routes.jobs import find_stored_job
from dashboard.routes.openai.errors import NO_RETRY, Refusal
from dashboard.routes.openai.fields import ImagesRequest

_QUALITIES = {"auto": "medium", "standard": "medium", "hd": "high"}
"""Older names of OpenAI's, by the ones that its answers have."""

_conversions = CapacityLimiter(4)


async def answer(request: Request, wanted: ImagesRequest, view: JobView) -> dict[str, Any]:
    """Return a finished job's pictures as JSON fields.

    Raises Refusal if there is none to show, ObjectMissing or StoreUnavailable.
    """
    view = await _completed(view)
    names = _shown(view)
    if wanted.response_format == "url":
        data = [{"url": _url(request, wanted, name)} for name in names]
    else:
        data = [{"b64_json": await _encoded(wanted, name)} for name in names]
    return common_fields(wanted, view) | {"data": data}


def common_fields(wanted: ImagesRequest, view: JobView) -> dict[str, Any]:
    """Return the answer's fields about all its pictures."""
    return {
        "created": int(view.finished_at or runtime.current().now()),
        "background": "opaque",
        "output_format": wanted.output_format,
        "quality": _QUALITIES.get(wanted.quality, wanted.quality),
        "size": None if wanted.size == "auto" else wanted.size,
    }


async def _completed(view: JobView) -> JobView:
    """Return a job with all of its pictures, whose events may have been lost."""
    is_complete = len(view.pictures) + len(view.withheld) >= view.job.count
    if view.state != "done" or is_complete:
        return view
    return await find_stored_job(view.job.id) or view


def _shown(view: JobView) -> tuple[str, ...]:
    job_id = view.job.id
    if view.state == "failed":
        reason = view.detail or "The reason is unknown."
        raise Refusal(500, f"The job {job_id} failed: {reason}", code="generation_failed")
    if view.state == "cancelled":
        raise Refusal(409, f"The job {job_id} was cancelled.", code="cancelled", headers=NO_RETRY)
    require_approval(job_id)
    if not view.pictures:
        message = f"The safety checker withheld all pictures of the job {job_id}."
        raise Refusal(400, message, code="moderation_blocked")
    return view.pictures


def require_approval(job_id: str) -> None:
    """Raise Refusal for a job whose pictures may not be shown yet, or never."""
    context = runtime.current()
    state = context.approvals.state(job_id) if context.approvals else None
    if state == "rejected":
        raise Refusal(403, f"The presenter rejected the job {job_id}.", code="rejected")
    if state == "pending":
        message = (
            f"The job {job_id} was sent, and its pictures need the presenter's approval: "
            f"GET /api/jobs/{job_id} lists them once they are approved."
        )
        raise Refusal(403, message, code="pending_approval")


def _url(request: Request, wanted: ImagesRequest, name: str) -> str:
    settings = runtime.current().settings
    site = settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    suffix = "" if wanted.output_format == "png" else f"?format={wanted.output_format}"
    return f"{with_base_path(site, settings.base_path)}pictures/{name}{suffix}"


async def _encoded(wanted: ImagesRequest, name: str) -> str:
    body = await read_stored(runtime.current(), name)
    return await to_thread.run_sync(_encode, body, wanted, limiter=_conversions)


def _encode(body: bytes, wanted: ImagesRequest) -> str:
    if wanted.output_format != "png":
        body = convert(body, wanted.output_format, wanted.output_compression) or body
    return b64encode(body).decode()
