"""Convert the fields of OpenAI's requests to those of a job."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.validation import first_error
from dashboard.gallery.pictures import Format
from dashboard.routes.openai.errors import Refusal
from wire.messages.model import ModelCapabilities
from wire.messages.parameters import PARAMETERS

_MAX_PICTURES = 10
"""OpenAI's limit: an answer has all pictures of its request."""
_STEPS_RATIO = {"low": 0.5, "high": 2.0, "hd": 2.0, "xhigh": 3.0, "max": 4.0}
"""Denoising steps at each quality, as a multiple of the model's default."""
_FURTHER = frozenset(PARAMETERS) - {"prompt", "width", "height"}
"""Parameters of a job that OpenAI's requests have no field for."""


class ImagesRequest(BaseModel):
    """The body of ``POST /v1/images/generations``, without those of its fields that are null."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    prompt: str
    model: str | None = None
    n: Annotated[int, Field(ge=1, le=_MAX_PICTURES)] = 1
    size: Annotated[str, Field(pattern="^(auto|[0-9]{1,5}x[0-9]{1,5})$")] = "auto"
    quality: Literal["auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"] = "auto"
    response_format: Literal["b64_json", "url"] = "b64_json"
    output_format: Format = "png"
    output_compression: Annotated[int, Field(ge=0, le=100)] = 100
    """The quality of a JPEG or WebP file."""
    background: Literal["auto", "opaque"] = "auto"
    moderation: Literal["auto", "low"] = "auto"
    user: str | None = None
    safety_identifier: str | None = None
    stream: bool = False
    partial_images: Annotated[int, Field(ge=0, le=3)] = 0


def read(body: dict[str, Any], model_ids: frozenset[str]) -> ImagesRequest:
    """Validate a request for one of the models; raises Refusal."""
    fields = {name: value for name, value in body.items() if value is not None}
    for name in fields:
        if name not in ImagesRequest.model_fields and name not in _FURTHER:
            message = f"Unknown parameter: '{name[:40]}'."
            raise Refusal(400, message, name[:40], "unknown_parameter")
    try:
        request = ImagesRequest.model_validate(fields)
    except ValidationError as error:
        raise _invalid(error) from None
    _require_model(request.model, model_ids)
    _require_effect(request)
    return request


def job_fields(request: ImagesRequest, model: ModelCapabilities | None) -> dict[str, Any]:
    """Return the fields of the job; those that are left out have the model's defaults."""
    further = request.model_extra or {}
    steps = _steps(request.quality, model)
    return {"prompt": request.prompt, "count": request.n} | _sides(request.size) | steps | further


def _sides(size: str) -> dict[str, int]:
    width, _, height = size.partition("x")
    return {} if size == "auto" else {"width": int(width), "height": int(height)}


def _steps(quality: str, model: ModelCapabilities | None) -> dict[str, int]:
    ratio = _STEPS_RATIO.get(quality)
    default = model.defaults.get("steps") if model else None
    if ratio is None or model is None or not isinstance(default, int):
        return {}
    return {"steps": min(model.max_steps, max(1, round(default * ratio)))}


def _invalid(error: ValidationError) -> Refusal:
    field, reason = first_error(error)
    if field == "prompt" and reason == "is missing":
        message = "Missing required parameter: 'prompt'."
        return Refusal(400, message, field, "missing_required_parameter")
    if field == "size":
        reason = "should be 'auto' or a width and a height in pixels such as '512x512'"
    return Refusal(400, f"Invalid value: '{field}' {reason}.", field, "invalid_value")


def _require_model(name: str | None, model_ids: frozenset[str]) -> None:
    if name is not None and name not in model_ids:
        known = ", ".join(sorted(model_ids))
        message = f"The model '{name[:100]}' does not exist. The workers have: {known}."
        raise Refusal(404, message, "model", "model_not_found")


def _require_effect(request: ImagesRequest) -> None:
    if request.partial_images and not request.stream:
        message = "Partial images are supported only with stream."
        raise Refusal(400, message, "partial_images", "invalid_value")
    if request.stream and request.response_format == "url":
        message = "A stream has the response format b64_json only."
        raise Refusal(400, message, "response_format", "invalid_value")
    is_lossy_file = request.output_format != "png" and request.response_format == "b64_json"
    if request.output_compression < 100 and not is_lossy_file:
        raise Refusal(
            400,
            "Compression less than 100 is supported only for the output formats jpeg and webp, "
            "with the response format b64_json.",
            "output_compression",
            "invalid_value",
        )
