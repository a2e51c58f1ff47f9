"""Pictures, thumbnails and the chart library, with headers for caches."""

import gzip
from functools import cache
from pathlib import Path

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboard import runtime
from dashboard.gallery.approvals import NOT_SHOWN
from dashboard.gallery.pictures import MEDIA_TYPES, Format, PictureReader, convert, media_type
from dashboard.presentation.urls import PLOTLY_URL
from dashboard.routes.blocking import StoreCalls
from dashboard.routes.errors import json_route, with_refusals
from dashboard.routes.formats import requested_format
from dashboard.runtime.context import AppContext
from wire.messages.object_names import parse_picture_name

_PLOTLY = Path(__file__).parents[1] / "static" / "plotly-basic.min.js"

IMMUTABLE = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}
_ONE_MINUTE = IMMUTABLE | {"Cache-Control": "max-age=60"}
"""For a replay, whose small pictures have the names of the original ones."""

# All open pages request a new picture at once. With few reads at a time, most of these
# requests find it in the cache, and the store is read a few times, not a hundred.
_reads = StoreCalls("read picture", threads=4, seconds=20.0)
_conversions = CapacityLimiter(4)


async def read_picture(request: Request) -> Response:
    """Return a stored picture, as PNG or in the format that is requested."""
    context, file_format = runtime.current(), requested_format(request)
    response = await _respond(request.path_params["name"], context, context.gallery.pictures)
    if file_format != "png":
        response = await to_thread.run_sync(_convert, response, file_format, limiter=_conversions)
    response.headers["Vary"] = "Accept"
    return response


def _convert(response: Response, file_format: Format) -> Response:
    """Return a picture in another format; unchanged if it cannot be decoded."""
    body = convert(bytes(response.body), file_format)
    if body is None:
        return response
    headers = {"Cache-Control": response.headers["Cache-Control"]}
    return Response(body, media_type=MEDIA_TYPES[file_format], headers=IMMUTABLE | headers)


async def read_thumbnail(request: Request) -> Response:
    """Return a stored picture in the size of a tile."""
    context = runtime.current()
    return await _respond(request.path_params["name"], context, context.gallery.thumbnails)


def require_shown(context: AppContext, name: str) -> None:
    """Raise HTTPException unless a name is that of a picture that may be shown."""
    identity = parse_picture_name(name)
    if identity is None:
        raise HTTPException(404, "This is not the name of a picture.")
    if context.gallery.index.is_deleted(name):
        raise HTTPException(410, "This picture was deleted.")
    if context.lacks_approval(identity.job_id):
        raise HTTPException(404, NOT_SHOWN)


async def _respond(name: str, context: AppContext, reader: PictureReader) -> Response:
    require_shown(context, name)
    body = await _read(reader, name)
    headers = _ONE_MINUTE if context.replaying else IMMUTABLE
    return Response(body, media_type=media_type(body), headers=headers)


async def read_stored(context: AppContext, name: str) -> bytes:
    """Return a picture as it is stored; raises ObjectMissing or StoreUnavailable."""
    return await _read(context.gallery.pictures, name)


async def _read(reader: PictureReader, name: str) -> bytes:
    body = reader.cached(name)
    return await _reads.run(reader.read, name) if body is None else body


@cache
def compressed_plotly() -> bytes:
    """Compress the chart library, 1.2 MB of text."""
    return gzip.compress(_PLOTLY.read_bytes(), compresslevel=6)


async def read_plotly(request: Request) -> Response:
    """Return the chart library, compressed if the browser accepts gzip."""
    headers = IMMUTABLE | {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = await to_thread.run_sync(compressed_plotly)
        headers["Content-Encoding"] = "gzip"
    else:
        body = await to_thread.run_sync(_PLOTLY.read_bytes)
    return Response(body, media_type="text/javascript", headers=headers)


ROUTES = with_refusals(
    json_route("/pictures/{name:path}", read_picture),
    json_route("/thumbnails/{name:path}", read_thumbnail),
    json_route(PLOTLY_URL, read_plotly),
)
