"""Downloads of recordings, session reports and souvenirs."""

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from core.errors import ApplicationError, RecordingError
from dashboard import runtime
from dashboard.domain.time_units import DAY, HOUR
from dashboard.presentation.time_zones import find_zone
from dashboard.recordings import folder
from dashboard.recordings.reader import Recording, read
from dashboard.recordings.report import make
from dashboard.recordings.souvenir.make import souvenir
from dashboard.routes.errors import NO_STORE, json_route

# A report reads a whole recording: several at a time would delay pictures and pages.
_limiter = CapacityLimiter(1)


async def recording(request: Request) -> Response:
    """Return a recording's file."""
    path = _find(request)
    try:
        status = await to_thread.run_sync(path.stat)
    except FileNotFoundError:
        raise _missing() from None
    return FileResponse(
        path,
        filename=path.name,
        media_type="application/jsonl",
        headers=NO_STORE,
        stat_result=status,
    )


async def report_of_recording(request: Request) -> Response:
    """Return the report on a recording."""
    path, settings, zone = _find(request), runtime.current().settings, _zone(request)
    return await _respond(lambda: make.recording_report(_read(path), settings, zone), path.stem)


async def souvenir_of_recording(request: Request) -> Response:
    """Return the replay of a recording as one HTML file."""
    path, zone = _find(request), _zone(request)
    return await _respond(lambda: souvenir(_read(path), zone), f"{path.stem}-replay")


async def report(request: Request) -> Response:
    """Return the report on the last ``?seconds=`` of the current context."""
    try:
        seconds = min(DAY, max(1.0, float(request.query_params.get("seconds", HOUR))))
    except ValueError:
        raise HTTPException(422, "seconds must be a number.") from None
    context, zone = runtime.current(), _zone(request)
    return await _respond(lambda: make.live_report(context, seconds, zone), "session")


def _find(request: Request) -> Path:
    path = folder.find(runtime.current().settings, request.path_params["file"])
    if path is None:
        raise _missing()
    return path


def _read(path: Path) -> Recording:
    try:
        return read(path)
    except RecordingError:
        if path.exists():
            raise
        raise _missing() from None  # it was deleted after it was found


def _missing() -> HTTPException:
    return HTTPException(404, "There is no recording with this name.")


async def _respond(write: Callable[[], str], name: str) -> Response:
    try:
        text = await to_thread.run_sync(write, limiter=_limiter)
    except ApplicationError as error:
        raise HTTPException(422, str(error)) from error
    file_name = quote(f"{name}.html", safe="")
    attachment = {"Content-Disposition": f"attachment; filename*=UTF-8''{file_name}"}
    return HTMLResponse(text, headers=NO_STORE | attachment)


def _zone(request: Request) -> tzinfo | None:
    """Return the time zone of the viewer's browser; None for this machine's."""
    return find_zone(request.query_params.get("zone"))


ROUTES = [
    json_route("/recordings/{file}", recording),
    json_route("/recordings/{file}/report", report_of_recording),
    json_route("/recordings/{file}/souvenir", souvenir_of_recording),
    json_route("/report", report),
]
