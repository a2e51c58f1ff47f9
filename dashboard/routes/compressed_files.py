"""Send the scripts and style sheets of Streamlit's page compressed: ASGI middleware.

Streamlit sends them as they are, and leaves compression to a proxy. Its paths are reserved, so this
is no route. Each file is compressed once, for its first visitor.
"""

import gzip
from functools import cache
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from dashboard.routes.files import IMMUTABLE

_TYPES = {".js": "text/javascript", ".css": "text/css"}
_HEADERS = IMMUTABLE | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
"""Streamlit too lets browsers keep these files: their names contain digests."""


class CompressedFiles:
    """Answer requests for such files of browsers that accept gzip."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self._app = app
        self._prefix = f"{base_path}/static/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        name = self._requested(scope)
        if name is None:
            await self._app(scope, receive, send)
            return
        body = await to_thread.run_sync(_compress, name)
        media_type = _TYPES[Path(name).suffix]
        await Response(body, media_type=media_type, headers=_HEADERS)(scope, receive, send)

    def _requested(self, scope: Scope) -> str | None:
        """Return the name of the file to send; None leaves the request to Streamlit."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return None
        name = scope["path"].removeprefix(self._prefix)
        headers = Headers(scope=scope)
        accepts = "gzip" in headers.get("accept-encoding", "") and "range" not in headers
        return name if accepts and name != scope["path"] and name in _names() else None


def _folder() -> Path:
    return Path(get_static_dir()) / "static"


@cache
def _names() -> frozenset[str]:
    paths = (path for path in _folder().rglob("*") if path.suffix in _TYPES)
    return frozenset(path.relative_to(_folder()).as_posix() for path in paths)


@cache
def _compress(name: str) -> bytes:
    return gzip.compress((_folder() / name).read_bytes(), compresslevel=6)
