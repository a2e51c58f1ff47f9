"""ASGI middleware for what Streamlit's server would answer with a traceback, or with a text.

Its routes are beside those of this project, so this comes before both.
"""

from contextlib import suppress
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.routes.errors import NO_STORE

_MAX_SEGMENT_BYTES = 255
"""Of a file's name on Linux and macOS; no route takes longer ones."""


class IgnoreDisconnects:
    """End requests whose client went away while it sent them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        with suppress(ClientDisconnect):
            await self._app(scope, receive, send)


class ShortPaths:
    """Answer 404 to paths that no file can have, before Streamlit looks for the file."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] == "http" and _has_long_segment(scope["path"]):
            error = {"error": "There is nothing at this path, which is too long."}
            await JSONResponse(error, 404, headers=NO_STORE)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class ApiErrors:
    """Write each refusal below /api as JSON, whoever refused."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self._app = app
        self._folders = ("/api/", f"{base_path}/api/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(self._folders):
            await self._app(scope, receive, send)
            return
        refusal: JSONResponse | None = None

        async def send_json(message: Message) -> None:
            nonlocal refusal
            if message["type"] == "http.response.start" and _is_plain_refusal(message):
                refusal = _json_refusal(scope, message)
            elif refusal is None:
                await send(message)

        await self._app(scope, receive, send_json)
        if refusal:
            await refusal(scope, receive, send)


def _has_long_segment(path: str) -> bool:
    return any(len(segment.encode()) > _MAX_SEGMENT_BYTES for segment in path.split("/"))


def _is_plain_refusal(message: Message) -> bool:
    media_type = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] >= 400 and not media_type.startswith("application/json")


def _json_refusal(scope: Scope, message: Message) -> JSONResponse:
    status, allow = message["status"], Headers(raw=message["headers"]).get("allow")
    sentence = f"{HTTPStatus(status).phrase}: {scope['method']} {scope['path']}"[:300]
    headers = NO_STORE | ({"Allow": allow} if allow else {})
    return JSONResponse({"error": f"{sentence}."}, status, headers=headers)
