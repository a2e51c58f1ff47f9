"""Operations: what the API can do, each with what its documentation needs.

The routes and the OpenAPI document are both made from these, so that neither has an operation or
a right that the other lacks.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard import runtime
from dashboard.access import Action
from dashboard.recordings.replay_backends import NOTHING_CHANGES
from dashboard.routes.requests import check_origin
from dashboard.routes.v1.keys import identify, require
from dashboard.routes.v1.problems import PROBLEMS

PREFIX = "/api/v1"


@dataclass(frozen=True)
class Answer:
    """What a successful request returns."""

    description: str
    content: type[BaseModel] | None = None
    media_types: tuple[str, ...] = ("application/json",)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names and descriptions."""


@dataclass(frozen=True)
class Operation:
    """A method of a path."""

    name: str
    """The ``operationId``, from which generated clients name their functions."""
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    """Below ``PREFIX``."""
    endpoint: Callable[[Request], Awaitable[Response]]
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    description: str = ""
    action: Action | None = None
    """What the sender must be allowed to do; None for what everybody may read."""
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names and descriptions of the headers that have an effect."""
    problems: tuple[int, ...] = ()
    """The statuses of its errors, beside those of every operation."""

    def route(self) -> Route:
        """Return the route, which requires the right and answers errors as problems."""
        path = f"{PREFIX}{self.path}"
        return Route(path, self._handle, methods=[self.method], middleware=[PROBLEMS])

    async def _handle(self, request: Request) -> Response:
        request.state.program = identify(request)
        if self.action:
            check_origin(request)
            require(request, self.action)
            if runtime.current().replaying:
                raise HTTPException(409, NOTHING_CHANGES)
        return await self.endpoint(request)
