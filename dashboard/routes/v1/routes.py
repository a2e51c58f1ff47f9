"""The routes below ``/api/v1``, with the OpenAPI document and its page."""

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.routes.errors import METHODS, NO_STORE, json_route, method_refusal, with_refusals
from dashboard.routes.v1.catalog import OPERATIONS
from dashboard.routes.v1.document import document_text
from dashboard.routes.v1.documentation import page
from dashboard.routes.v1.operations import PREFIX
from dashboard.routes.v1.problems import PROBLEMS


async def read_document(_request: Request) -> Response:
    """Return the OpenAPI document."""
    text = await to_thread.run_sync(document_text)
    return Response(text, headers=NO_STORE, media_type="application/json")


async def refuse_unknown(request: Request) -> Response:
    """Answer 404 to paths that the API does not have."""
    raise HTTPException(404, f"There is nothing at {request.url.path}; see /api/docs.")


def _routes() -> list[Route]:
    routes = [operation.route() for operation in OPERATIONS]
    allowed: dict[str, set[str]] = {}
    for route in routes:
        allowed.setdefault(route.path, set()).update(route.methods or ())
    return [*routes, *(method_refusal(*each, PROBLEMS) for each in allowed.items())]


ROUTES = [
    *with_refusals(
        json_route("/api/openapi.json", read_document),
        json_route("/api/docs", page.read_page),
        json_route("/api/docs/page.css", page.read_style),
    ),
    *_routes(),
    # Before that of the older API, which would answer in its own form.
    Route(PREFIX, refuse_unknown, methods=METHODS, middleware=[PROBLEMS]),
    Route(f"{PREFIX}/{{path:path}}", refuse_unknown, methods=METHODS, middleware=[PROBLEMS]),
]
