"""Error responses: exceptions become a status code and a JSON body with a sentence."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import (
    ApplicationError,
    JobNotWaiting,
    MessageError,
    ObjectMissing,
    PromptRefused,
    QueueError,
    QueueFull,
    StoreError,
)
from dashboard.access import LockedOut
from dashboard.access.rate_limit import RateLimited
from dashboard.runtime.idempotency import KeyInUse, KeyReused

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

_STATUS_CODES: dict[type[Exception], int] = {
    LockedOut: 429,
    RateLimited: 429,
    KeyReused: 422,
    KeyInUse: 409,
    JobNotWaiting: 409,
    MessageError: 422,
    PromptRefused: 422,
    ObjectMissing: 404,
    QueueFull: 429,
    QueueError: 503,
    StoreError: 503,
}


def to_http(error: Exception) -> HTTPException:
    """Convert an exception of this project to an HTTP error with the same sentence."""
    if isinstance(error, HTTPException):
        return error
    code = next((_STATUS_CODES[base] for base in type(error).__mro__ if base in _STATUS_CODES), 500)
    seconds = _retry_after(error)
    headers = None if seconds is None else {"Retry-After": str(seconds)}
    return HTTPException(code, str(error), headers)


def _retry_after(error: Exception) -> int | None:
    """Return the seconds after which a request may be sent again; None if that does not help."""
    if isinstance(error, LockedOut | RateLimited):
        return error.seconds
    return error.retry_after_seconds if isinstance(error, QueueFull) else None


def json_route(
    path: str, endpoint: Callable[[Request], Awaitable[Response]], *methods: str
) -> Route:
    """Return a route, of GET by default, that answers exceptions with ``{"error": …}``."""
    # Applied to the route and not the application, whose other routes are Streamlit's.
    return Route(path, endpoint, methods=methods or ("GET",), middleware=[_json_errors])


def with_refusals(*routes: Route) -> list[Route]:
    """Return the routes, and for each one that answers 405 to the other methods."""
    return [*routes, *(_refusal(route) for route in routes)]


def method_refusal(path: str, allowed: set[str], errors: Middleware) -> Route:
    """Return a route that answers 405 to all but the allowed methods."""

    async def refuse(request: Request) -> Response:
        methods = ", ".join(sorted(allowed))
        raise HTTPException(
            405, f"{request.url.path} takes {methods}, not {request.method}.", {"Allow": methods}
        )

    others = [method for method in METHODS if method not in allowed]
    return Route(path, refuse, methods=others, middleware=[errors])


def _refusal(route: Route) -> Route:
    return method_refusal(route.path, route.methods or set(), _json_errors)


async def _handle(_request: Request, error: Exception) -> Response:
    http = to_http(error)
    headers = NO_STORE | dict(http.headers or {})
    return JSONResponse({"error": http.detail}, http.status_code, headers=headers)


_json_errors = Middleware(
    ExceptionMiddleware, handlers={HTTPException: _handle, ApplicationError: _handle}
)
