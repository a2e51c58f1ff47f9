"""``GET /v1/models``: the model of the workers."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard import runtime
from dashboard.routes.errors import NO_STORE
from dashboard.routes.openai.errors import Refusal
from dashboard.routes.openai.keys import require_program


def model_ids() -> frozenset[str]:
    """Return the workers' model, or the configured one until a worker has announced its own."""
    context = runtime.current()
    model = context.sampler.snapshot().model
    return frozenset({model.model_id if model else context.settings.model_id})


async def list_models(request: Request) -> Response:
    """Return the models."""
    require_program(request)
    data = [_model_fields(name) for name in sorted(model_ids())]
    return JSONResponse({"object": "list", "data": data}, headers=NO_STORE)


async def read_model(request: Request) -> Response:
    """Return one model."""
    require_program(request)
    name = request.path_params["id"]
    if name not in model_ids():
        message = f"The model '{name[:100]}' does not exist."
        raise Refusal(404, message, "model", "model_not_found")
    return JSONResponse(_model_fields(name), headers=NO_STORE)


def _model_fields(name: str) -> dict[str, Any]:
    # Clients require a time, and that of the model is unknown: as vLLM, this is the present.
    created = int(time.time())
    return {"id": name, "object": "model", "created": created, "owned_by": "stable-diffusion-live"}
