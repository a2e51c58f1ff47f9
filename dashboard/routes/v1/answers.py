"""Write answers."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel
from starlette.responses import Response

from dashboard.routes.errors import NO_STORE

_NONE: Mapping[str, str] = MappingProxyType({})


def respond(body: BaseModel, status: int = 200, headers: Mapping[str, str] = _NONE) -> Response:
    """Return an answer with a resource."""
    text = body.model_dump_json()
    return Response(text, status, {**NO_STORE, **headers}, media_type="application/json")


def no_content() -> Response:
    """Return an answer without a body."""
    return Response(status_code=204, headers=NO_STORE)
