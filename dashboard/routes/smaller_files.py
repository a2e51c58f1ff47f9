"""Send Streamlit's own page with fewer bytes: ASGI middleware.

Its scripts and style sheets are compressed, which Streamlit leaves to a proxy; its icon font is cut
down to the icons that it names; and a text font that no page uses is not loaded. Its paths are
reserved, so this is no route.
"""

import gzip
import re
from functools import cache, partial
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from dashboard.routes.files import IMMUTABLE

ICON_FONT = Path(__file__).parents[1] / "static" / "material-symbols-streamlit.woff2"
"""Written by ``tools/icon_font.py``."""
_ICON_FONT_NAME = re.compile(r"media/MaterialSymbols-Rounded\.\w+\.woff2")
_TEXT_FONT = re.compile(rb'<link\s+rel="preload"\s+href="[^"]+/SourceSans[^"]+"[^>]*>')
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_COMPRESSED = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}


class SmallerFiles:
    """Answer requests for such files; leave all others to Streamlit."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self._app = app
        self._prefix = f"{base_path}/static/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        answer = await self._answer(scope)
        if answer is None:
            await self._app(scope, receive, _WithoutTextFont(send).send)
        else:
            await answer(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        """Return the file that is requested; None leaves the request to Streamlit."""
        name = scope["path"].removeprefix(self._prefix)
        headers = Headers(scope=scope)
        if name == scope["path"] or "range" in headers:
            return None
        if _ICON_FONT_NAME.fullmatch(name):
            return await to_thread.run_sync(_icon_font)
        if "gzip" in headers.get("accept-encoding", "") and name in _names():
            return await to_thread.run_sync(partial(_compressed, name))
        return None


class _WithoutTextFont:
    """Remove the request for a font from the page, whose text is in the theme's own."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        """Send a message; that before a page's first bytes waits for them."""
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
            return
        if self._start:
            body = message.get("body", b"")
            smaller = _TEXT_FONT.sub(b"", body)
            _shorten(self._start, len(body) - len(smaller))
            await self._send(self._start)
            message, self._start = {**message, "body": smaller}, None
        await self._send(message)


def _is_page(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")


def _shorten(start: Message, difference: int) -> None:
    headers = MutableHeaders(raw=start["headers"])
    if "content-length" in headers:
        headers["content-length"] = str(int(headers["content-length"]) - difference)


def _folder() -> Path:
    return Path(get_static_dir()) / "static"


@cache
def _names() -> frozenset[str]:
    paths = (path for path in _folder().rglob("*") if path.suffix in _TYPES)
    return frozenset(path.relative_to(_folder()).as_posix() for path in paths)


def _icon_font() -> Response:
    return Response(ICON_FONT.read_bytes(), media_type="font/woff2", headers=IMMUTABLE)


def _compressed(name: str) -> Response:
    # Streamlit too lets browsers keep these files: their names contain digests.
    media_type = _TYPES[Path(name).suffix]
    return Response(_compress(name), media_type=media_type, headers=IMMUTABLE | _COMPRESSED)


@cache
def _compress(name: str) -> bytes:
    return gzip.compress((_folder() / name).read_bytes(), compresslevel=6)
