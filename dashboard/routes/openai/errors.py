"""Error responses in OpenAI's form: ``{"error": {"message", "type", "param", "code"}}``."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import ApplicationError, MessageError, PromptRefused
from dashboard.routes.errors import NO_STORE, to_http

NO_RETRY = {"x-should-retry": "false"}
"""Stops the retries of OpenAI's clients, each of which would send another job."""

_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


class Refusal(HTTPException):
    """An error with the parameter that is wrong and a code for programs, either None."""

    def __init__(
        self,
        status: int,
        message: str,
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.param = param
        self.code = code or _CODES.get(status)


def openai_route(
    path: str, endpoint: Callable[[Request], Awaitable[Response]], *methods: str
) -> Route:
    """Return a route, of GET by default, that answers exceptions in OpenAI's form."""
    return Route(path, endpoint, methods=methods or ("GET",), middleware=[_openai_errors])


def to_refusal(error: Exception) -> Refusal:
    """Convert an exception of this project to an error with the same sentence."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, PromptRefused):
        return Refusal(400, str(error), "prompt", "moderation_blocked")
    if isinstance(error, MessageError):
        return Refusal(400, str(error), code="invalid_value")
    http = to_http(error)
    return Refusal(http.status_code, http.detail, headers=dict(http.headers or {}))


def error_body(refusal: Refusal) -> dict[str, dict[str, str | None]]:
    """Return an error as JSON fields."""
    fields = {"message": refusal.detail, "type": _type(refusal)}
    return {"error": fields | {"param": refusal.param, "code": refusal.code}}


def _type(refusal: Refusal) -> str:
    if refusal.code == "moderation_blocked":
        return "image_generation_user_error"
    if refusal.status_code == 429:
        return "requests"
    return "server_error" if refusal.status_code >= 500 else "invalid_request_error"


async def _handle(request: Request, error: Exception) -> Response:
    refusal = to_refusal(error)
    # With a key the client gets the same job again.
    is_unsafe = refusal.status_code >= 500 and "idempotency-key" not in request.headers
    headers = NO_STORE | (NO_RETRY if is_unsafe else {}) | dict(refusal.headers or {})
    return JSONResponse(error_body(refusal), refusal.status_code, headers=headers)


_openai_errors = Middleware(
    ExceptionMiddleware, handlers={HTTPException: _handle, ApplicationError: _handle}
)
