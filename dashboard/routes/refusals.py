"""ASGI middleware for what Streamlit's server would answer with a traceback, or with a text.

Its routes are beside those of this project, so this comes before both.
"""

import json
from contextlib import suppress
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.routes.errors import NO_STORE
from dashboard.routes.v1.problems import MEDIA_TYPE, problem_response, to_problem

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
    """Write each refusal below /api as JSON, and below /api/v1 as a problem, whoever refused."""

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self._app = app
        self._folders = ("/api/", f"{base_path}/api/")
        self._problem_folders = ("/api/v1/", f"{base_path}/api/v1/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(self._folders):
            await self._app(scope, receive, send)
            return
        as_problem = f"{scope['path']}/".startswith(self._problem_folders)
        refusal: Message | None = None
        body = bytearray()

        async def send_json(message: Message) -> None:
            nonlocal refusal
            if message["type"] == "http.response.start" and _is_foreign(message, as_problem):
                refusal = message
            elif refusal is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, send_json)
        if refusal:
            convert = _problem_refusal if as_problem else _json_refusal
            await convert(scope, refusal, bytes(body))(scope, receive, send)


def _has_long_segment(path: str) -> bool:
    return any(len(segment.encode()) > _MAX_SEGMENT_BYTES for segment in path.split("/"))


def _is_foreign(message: Message, as_problem: bool) -> bool:
    """Return whether a refusal does not have the form of the API's."""
    media_type = Headers(raw=message["headers"]).get("content-type", "")
    own = MEDIA_TYPE if as_problem else "application/json"
    return message["status"] >= 400 and not media_type.startswith(own)


def _json_refusal(scope: Scope, message: Message, _body: bytes) -> Response:
    body = {"error": _sentence(scope, message)}
    return JSONResponse(body, message["status"], headers=NO_STORE | _kept_headers(message))


def _problem_refusal(scope: Scope, message: Message, body: bytes) -> Response:
    """Return a refusal as a problem, with the sentence of a refusal in the older form."""
    with suppress(ValueError, KeyError, TypeError):
        return _problem(message, json.loads(body)["error"])
    return _problem(message, _sentence(scope, message))


def _problem(message: Message, sentence: str) -> Response:
    problem = to_problem(HTTPException(message["status"], sentence))
    return problem_response(problem, _kept_headers(message))


def _sentence(scope: Scope, message: Message) -> str:
    phrase = HTTPStatus(message["status"]).phrase
    return f"{phrase}: {scope['method']} {scope['path']}"[:300] + "."


def _kept_headers(message: Message) -> dict[str, str]:
    allow = Headers(raw=message["headers"]).get("allow")
    return {"Allow": allow} if allow else {}
