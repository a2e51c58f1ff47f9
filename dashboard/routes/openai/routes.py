"""The routes below ``/v1``."""

from starlette.requests import Request
from starlette.responses import Response

from dashboard.routes.errors import METHODS
from dashboard.routes.openai.errors import Refusal, openai_route
from dashboard.routes.openai.images import generate
from dashboard.routes.openai.models import list_models, read_model


async def refuse_unknown(request: Request) -> Response:
    """Answer 404 to OpenAI's other requests."""
    message = f"Invalid URL ({request.method} {request.url.path}); docs/api.md lists the requests."
    raise Refusal(404, message[:300], code="unknown_url")


ROUTES = [
    openai_route("/v1/images/generations", generate, "POST"),
    openai_route("/v1/models", list_models),
    openai_route("/v1/models/{id:path}", read_model),
    # Streamlit would answer with a page.
    openai_route("/v1", refuse_unknown, *METHODS),
    openai_route("/v1/{path:path}", refuse_unknown, *METHODS),
]
