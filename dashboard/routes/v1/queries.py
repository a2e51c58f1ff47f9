"""Read the parameters of a URL."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from core.validation import all_errors
from dashboard.routes.v1.problems import Refusal
from dashboard.routes.v1.schemas.base import Described
from dashboard.routes.v1.schemas.problems import Fault

MAX_PAGE = 100

Query = TypeVar("Query", bound=BaseModel)


class QueryModel(Described):
    """Parameters of a URL; an unknown one is an error, as it would have no effect."""

    model_config = ConfigDict(extra="forbid")


def read_query(request: Request, model: type[Query]) -> Query:
    """Return the parameters of a request's URL; raises Refusal."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        reasons = all_errors(error)
    errors = tuple(Fault(detail=reason, parameter=name) for name, reason in reasons.items())
    sentences = " ".join(f"The parameter {name[:40]}: {reasons[name]}." for name in reasons)
    raise Refusal(422, sentences[:500], errors)
