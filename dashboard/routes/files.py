"""Files over HTTP: the pictures, whole and small, and the chart library; cacheable for ever."""

import gzip
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import ObjectMissing, StoreError
from dashboard import runtime
from dashboard.gallery.approvals import NOT_SHOWN
from dashboard.routes.thumbnails import thumbnail
from dashboard.runtime.context import AppContext
from wire.messages.picture import parse_picture_name

PLOTLY_VERSION = "4.1.1"
"""Of plotly.js, the one that the Python package ``plotly`` makes figures for."""
PLOTLY_URL = f"/plotly-basic-{PLOTLY_VERSION}.min.js"
_PLOTLY = Path(__file__).parents[1] / "static" / "plotly-basic.min.js"

_FOR_EVER = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}
_FOR_A_MINUTE = _FOR_EVER | {"Cache-Control": "max-age=60"}
"""For a replay's pictures: small ones, under the names of the live run's."""
_REMEMBERED = 64 * 2**20
"""Bytes of pictures kept in memory: the newest pages of every open gallery."""


class PictureCache:
    """The pictures that were asked for last, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str) -> bytes | None:
        """Return a remembered picture, and remember it for longer."""
        with self._lock:
            if name in self._pictures:
                self._pictures.move_to_end(name)
            return self._pictures.get(name)

    def put(self, name: str, picture: bytes) -> None:
        """Remember a picture; the ones that nobody asked for lately make room."""
        with self._lock:
            self._size += len(picture) - len(self._pictures.get(name, b""))
            self._pictures[name] = picture
            self._pictures.move_to_end(name)
            while self._size > self._limit:
                _, dropped = self._pictures.popitem(last=False)
                self._size -= len(dropped)


_cache = PictureCache(_REMEMBERED)
_thumbnails = PictureCache(_REMEMBERED)
# When a new picture appears, every open page asks for it at once. Few reads at a time, each
# after another look into the cache, so the store is asked for it a few times, not a hundred.
_few_at_a_time = CapacityLimiter(4)


def stored_picture(name: str, running: AppContext) -> bytes:
    """Return a picture, remembered or read; raises ObjectMissing or StoreUnavailable."""
    picture = _cache.get(_key(name, running))
    if picture is None:
        picture = running.store.get(name)
        _cache.put(_key(name, running), picture)
    return picture


def _key(name: str, running: AppContext) -> str:
    """Keep a replay's pictures, which are small, apart from others of the same name."""
    return f"{running.recording}/{name}" if running.replaying else name


def is_deleted(name: str) -> bool:
    """Tell whether a picture was deleted; it may still be remembered here."""
    return runtime.current().gallery.index.is_deleted(name)


def is_withheld(name: str) -> bool:
    """Tell whether a picture waits for approval, or was rejected: nobody gets it by its name."""
    return runtime.current().is_withheld(parse_picture_name(name).job_id)


def stored_thumbnail(name: str, running: AppContext) -> bytes:
    """Return a picture as a tile needs it; raises ObjectMissing or StoreUnavailable."""
    small = _thumbnails.get(_key(name, running))
    if small is None:
        small = thumbnail(stored_picture(name, running))
        _thumbnails.put(_key(name, running), small)
    return small


async def picture(request: Request) -> Response:
    """Answer with a stored picture."""
    return await _answer(request, _cache, stored_picture)


async def small_picture(request: Request) -> Response:
    """Answer with a stored picture as a tile needs it."""
    return await _answer(request, _thumbnails, stored_thumbnail)


async def _answer(
    request: Request, cache: PictureCache, read: Callable[[str, AppContext], bytes]
) -> Response:
    # Asked for once: a replay may end, or begin, while the picture is read.
    name, running = request.path_params["name"], runtime.current()
    if parse_picture_name(name) is None:
        return error(404, "That is not the name of a picture.")
    if running.gallery.index.is_deleted(name):
        return error(410, "This picture was deleted.")
    if running.is_withheld(parse_picture_name(name).job_id):
        return error(404, NOT_SHOWN)
    try:
        body = cache.get(_key(name, running)) or await to_thread.run_sync(
            read, name, running, limiter=_few_at_a_time
        )
    except ObjectMissing:
        return error(404, "There is no picture of that name.")
    except StoreError as failure:
        return error(503, str(failure))
    headers = _FOR_A_MINUTE if running.replaying else _FOR_EVER
    return Response(body, media_type=media_type(body), headers=headers)


def media_type(picture: bytes) -> str:
    """Tell a stored picture's format: PNG, or WebP where it was made smaller."""
    return "image/webp" if picture[8:12] == b"WEBP" else "image/png"


def error(status: int, sentence: str) -> JSONResponse:
    """Answer with a sentence; a picture that is missing now may be there in a second."""
    return JSONResponse({"error": sentence}, status, headers={"Cache-Control": "no-store"})


@cache
def compressed_plotly() -> bytes:
    """Compress the chart library, 1.2 MB of text."""
    return gzip.compress(_PLOTLY.read_bytes(), compresslevel=6)


async def plotly_script(request: Request) -> Response:
    """Answer with the chart library, a third of its size where the browser can unpack it."""
    headers = _FOR_EVER | {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = await to_thread.run_sync(compressed_plotly)
        headers["Content-Encoding"] = "gzip"
    else:
        body = await to_thread.run_sync(_PLOTLY.read_bytes)
    return Response(body, media_type="text/javascript", headers=headers)


ROUTES = [
    Route("/pictures/{name}", picture, methods=["GET"]),
    Route("/thumbnails/{name}", small_picture, methods=["GET"]),
    Route(PLOTLY_URL, plotly_script, methods=["GET"]),
]
