"""Errors as RFC 9457 has them: https://www.rfc-editor.org/rfc/rfc9457."""

from dashboard.routes.v1.schemas.base import Resource


class Fault(Resource):
    """What is wrong with one field of the body, or with one parameter of the URL."""

    detail: str
    """A sentence."""
    pointer: str | None = None
    """The field, as a JSON pointer into the body such as `#/loras/0/weight`."""
    parameter: str | None = None
    """The name of the query parameter."""


class Problem(Resource):
    """An error."""

    type: str
    """What happened, for programs: the address of its description, or `about:blank` where the
    status describes it completely."""
    title: str
    """The same for people, equal for all errors of a type."""
    status: int
    """The HTTP status."""
    detail: str
    """What happened to this request, what was kept, and what to do: a sentence or more."""
    errors: tuple[Fault, ...] = ()
    """Every invalid field or parameter; empty if the error is not about one."""
