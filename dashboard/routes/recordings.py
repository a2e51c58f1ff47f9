"""Recordings and session reports, as files to download."""

from collections.abc import Callable
from datetime import tzinfo
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from core.errors import ApplicationError
from dashboard import runtime
from dashboard.recordings import folder
from dashboard.recordings.reader import read
from dashboard.recordings.report import make
from dashboard.routes.files import error
from dashboard.sampling.history import DAY

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_HOUR = 3600.0
# A report reads a whole recording: many at once would keep pictures and pages waiting.
_one_at_a_time = CapacityLimiter(1)


async def recording(request: Request) -> Response:
    """Answer with a recording's file."""
    path = folder.find(runtime.current().settings, request.path_params["file"])
    if path is None:
        return error(404, "There is no recording of that name.")
    return FileResponse(path, filename=path.name, media_type="application/jsonl", headers=_HEADERS)


async def report_of_recording(request: Request) -> Response:
    """Answer with the report on a recording."""
    settings = runtime.current().settings
    path = folder.find(settings, request.path_params["file"])
    if path is None:
        return error(404, "There is no recording of that name.")
    return await _report(
        lambda: make.recording_report(read(path), settings, _zone(request)), f"{path.stem}.html"
    )


async def report(request: Request) -> Response:
    """Answer with the report on the last ``?seconds=`` of what the pages show."""
    try:
        seconds = min(DAY, max(1.0, float(request.query_params.get("seconds", _HOUR))))
    except ValueError:
        return error(422, "The length of time is a number of seconds.")
    return await _report(
        lambda: make.live_report(runtime.current(), seconds, _zone(request)), "session.html"
    )


async def _report(write: Callable[[], str], name: str) -> Response:
    try:
        text = await to_thread.run_sync(write, limiter=_one_at_a_time)
    except ApplicationError as failure:
        return error(422, str(failure))
    attached = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return HTMLResponse(text, headers=_HEADERS | attached)


def _zone(request: Request) -> tzinfo | None:
    """Return the zone that the viewer's browser is in; None is this machine's."""
    try:
        return ZoneInfo(request.query_params["zone"])
    except (KeyError, ValueError, OSError, ZoneInfoNotFoundError):
        return None


ROUTES = [
    Route("/recordings/{file}", recording, methods=["GET"]),
    Route("/recordings/{file}/report", report_of_recording, methods=["GET"]),
    Route("/report", report, methods=["GET"]),
]
