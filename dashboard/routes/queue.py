"""HTTP: operations on the whole queue, for presenters."""

from collections.abc import Callable

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard import access
from dashboard.routes.errors import NO_STORE, json_route, with_refusals
from dashboard.routes.jobs import SUBMISSIONS, requested_job
from dashboard.routes.requests import check_origin, program_role
from dashboard.runtime import queue_control


async def pause(request: Request) -> Response:
    """Pause the queue."""
    _require(request, "pause")
    return await _change(queue_control.pause, {"paused": True})


async def resume(request: Request) -> Response:
    """Resume the queue."""
    _require(request, "pause")
    return await _change(queue_control.resume, {"paused": False})


async def move_to_front(request: Request) -> Response:
    """Move a waiting job to the front of the queue."""
    _require(request, "prioritize")
    job_id = (await requested_job(request)).job.id
    return await _change(lambda: queue_control.move_to_front(job_id), {"id": job_id})


async def _change(change: Callable[[], None], answer: dict[str, object]) -> Response:
    await to_thread.run_sync(change, limiter=SUBMISSIONS)
    return JSONResponse(answer, headers=NO_STORE)


def _require(request: Request, action: access.Action) -> None:
    """Raise HTTPException unless the request may do something with the queue."""
    check_origin(request)
    if not access.allowed(program_role(request), action):
        raise HTTPException(
            401, "Only the presenter may do this: send Authorization: Bearer <presenter's key>."
        )


ROUTES = with_refusals(
    json_route("/api/queue/pause", pause, "POST"),
    json_route("/api/queue/resume", resume, "POST"),
    json_route("/api/jobs/{id}/front", move_to_front, "POST"),
)
