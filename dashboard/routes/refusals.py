"""ASGI middleware for what Streamlit's server would answer with a traceback, or with a text.

Its routes are beside those of this project, so this comes before both.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.routes.errors import NO_STORE
from dashboard.routes.openai.errors import Refusal, error_body
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
    """Answer 404 to paths that no file can have, before Streamlit searches for the file."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] == "http" and _has_long_segment(scope["path"]):
            error = {"error": "There is nothing at this path, which is too long."}
            await JSONResponse(error, 404, headers=NO_STORE)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


@dataclass(frozen=True)
class _Form:
    """How a part of the HTTP interface writes its errors."""

    folder: str
    is_used: Callable[[str, bytes], bool]
    """Return whether an answer of a media type, with a body, has this form."""
    write: Callable[[Message, str], Response]
    """Return the answer with a status and a sentence."""


class ApiErrors:
    """Write each refusal in the form of its API, whoever refused.

    Below /api that is JSON, below /api/v1 a problem, and below /v1 OpenAI's form.
    """

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self._app = app
        self._base_path = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        form = self._form(scope["path"]) if scope["type"] == "http" else None
        if form is None:
            await self._app(scope, receive, send)
            return
        refusal: Message | None = None
        body = bytearray()

        async def send_or_keep(message: Message) -> None:
            nonlocal refusal
            if message["type"] == "http.response.start" and message["status"] >= 400:
                refusal = message
            elif refusal is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, send_or_keep)
        if refusal:
            await _in_form(form, scope, refusal, bytes(body))(scope, receive, send)

    def _form(self, path: str) -> _Form | None:
        below = f"{path.removeprefix(self._base_path)}/"
        return next((form for form in _FORMS if below.startswith(form.folder)), None)


def _in_form(form: _Form, scope: Scope, message: Message, body: bytes) -> ASGIApp:
    """Return a refusal as it is if it has the form, else in the form with its sentence."""
    if not form.is_used(Headers(raw=message["headers"]).get("content-type", ""), body):
        return form.write(message, _sentence(scope, message, body))

    async def send_as_it_is(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(message)
        await send({"type": "http.response.body", "body": body})

    return send_as_it_is


def _has_long_segment(path: str) -> bool:
    return any(len(segment.encode()) > _MAX_SEGMENT_BYTES for segment in path.split("/"))


def _is_json(media_type: str, _body: bytes) -> bool:
    return media_type.startswith("application/json")


def _is_problem(media_type: str, _body: bytes) -> bool:
    return media_type.startswith(MEDIA_TYPE)


def _is_openai(media_type: str, body: bytes) -> bool:
    # The older form is JSON, too, with a sentence in place of the object.
    return _is_json(media_type, body) and not isinstance(_error_in(body), str)


def _write_json(message: Message, sentence: str) -> Response:
    body, headers = {"error": sentence}, NO_STORE | _kept_headers(message)
    return JSONResponse(body, message["status"], headers=headers)


def _write_problem(message: Message, sentence: str) -> Response:
    problem = to_problem(HTTPException(message["status"], sentence))
    return problem_response(problem, _kept_headers(message))


def _write_openai(message: Message, sentence: str) -> Response:
    body = error_body(Refusal(message["status"], sentence))
    return JSONResponse(body, message["status"], headers=NO_STORE | _kept_headers(message))


_FORMS = (
    _Form("/api/v1/", _is_problem, _write_problem),
    _Form("/api/", _is_json, _write_json),
    _Form("/v1/", _is_openai, _write_openai),
)


def _error_in(body: bytes) -> object:
    with suppress(ValueError, KeyError, TypeError):
        return json.loads(body)["error"]
    return None


def _sentence(scope: Scope, message: Message, body: bytes) -> str:
    """Return the sentence of a refusal in the older form, else one with its status and path."""
    if isinstance(sentence := _error_in(body), str):
        return sentence
    phrase = HTTPStatus(message["status"]).phrase
    return f"{phrase}: {scope['method']} {scope['path']}"[:300] + "."


def _kept_headers(message: Message) -> dict[str, str]:
    allow = Headers(raw=message["headers"]).get("allow")
    return {"Allow": allow} if allow else {}
