"""Convert errors to ``application/problem+json`` (RFC 9457)."""

import logging
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from core.errors import (
    ApplicationError,
    MessageError,
    PromptRefused,
    QueueError,
    QueueFull,
    StoreError,
    StoreFull,
)
from dashboard.access import LockedOut
from dashboard.access.rate_limit import RateLimited
from dashboard.presentation.urls import absolute
from dashboard.routes.errors import NO_STORE, to_http
from dashboard.routes.v1.schemas.problems import Fault, Problem
from dashboard.runtime.idempotency import KeyInUse, KeyReused

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class ProblemType:
    """A kind of error that programs can distinguish from others with the same status."""

    name: str
    status: int
    title: str
    advice: str
    """What a program can do, for the documentation."""


_LATER = "Send the request again after `Retry-After` seconds."
_TYPES: dict[type[Exception], ProblemType] = {
    MessageError: ProblemType(
        "invalid-fields", 422, "Fields are not valid", "Change the fields that `errors` names."
    ),
    PromptRefused: ProblemType(
        "prompt-refused", 422, "The prompt has a blocked word", "Change the prompt."
    ),
    KeyReused: ProblemType(
        "idempotency-key-reused",
        422,
        "The Idempotency-Key belongs to another request",
        "Send a new key with a new request.",
    ),
    KeyInUse: ProblemType(
        "idempotency-key-in-use",
        409,
        "A request with this Idempotency-Key is in progress",
        "Send the request again.",
    ),
    QueueFull: ProblemType("queue-full", 429, "The queue is full", _LATER),
    RateLimited: ProblemType("rate-limited", 429, "Too many jobs from this client", _LATER),
    LockedOut: ProblemType("locked-out", 429, "Too many wrong keys from this address", _LATER),
    QueueError: ProblemType(
        "queue-unavailable",
        503,
        "The queue cannot be used",
        "Send the request again, with the same Idempotency-Key: the job may be on the queue.",
    ),
    StoreFull: ProblemType(
        "store-full", 503, "The store is full", "Send the request again once there is room."
    ),
    StoreError: ProblemType(
        "store-unavailable", 503, "The store cannot be used", "Send the request again."
    ),
}
TYPES = tuple(_TYPES.values())


class Refusal(HTTPException):
    """An error with the faults of the parameters that are wrong."""

    def __init__(self, status: int, detail: str, errors: tuple[Fault, ...]) -> None:
        super().__init__(status, detail)
        self.errors = errors


def to_problem(error: Exception) -> Problem:
    """Convert an exception to the body of an answer."""
    if not isinstance(error, ApplicationError | HTTPException):
        detail = "An unexpected error: the dashboard's log has it. Please report it."
        return Problem(type="about:blank", title=_phrase(500), status=500, detail=detail)
    http = to_http(error)
    kind = _kind(error)
    return Problem(
        type=absolute(f"/api/docs#{kind.name}") if kind else "about:blank",
        title=kind.title if kind else _phrase(http.status_code),
        status=http.status_code,
        detail=http.detail,
        errors=error.errors if isinstance(error, Refusal) else tuple(_faults(error)),
    )


def problem_response(problem: Problem, headers: dict[str, str]) -> Response:
    """Return an answer with a problem."""
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, problem.status, NO_STORE | headers, MEDIA_TYPE)


def _kind(error: Exception) -> ProblemType | None:
    found = next((_TYPES[base] for base in type(error).__mro__ if base in _TYPES), None)
    # Some errors have a status of their own, such as the 404 of a missing object.
    return found if found and found.status == to_http(error).status_code else None


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def _faults(error: Exception) -> list[Fault]:
    faults = error.faults if isinstance(error, MessageError) else {}
    return [Fault(detail=reason, pointer=_pointer(name)) for name, reason in faults.items()]


def _pointer(field: str) -> str:
    """Return a JSON pointer (RFC 6901) as a URI fragment."""
    return "#/" + field.replace("~", "~0").replace("/", "~1").replace(".", "/")


async def _handle(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApplicationError | HTTPException):
        log.error("A request to the API failed.", exc_info=error)
        return problem_response(to_problem(error), {})
    return problem_response(to_problem(error), dict(to_http(error).headers or {}))


async def _pass_on(_request: Request, error: Exception) -> Response:
    raise error  # IgnoreDisconnects ends the request: nobody reads an answer


PROBLEMS = Middleware(
    ExceptionMiddleware,
    handlers={ClientDisconnect: _pass_on, HTTPException: _handle, Exception: _handle},
)
"""Answers the exceptions of a route."""
