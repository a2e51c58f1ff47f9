"""The capabilities of a model, which its worker announces once it is loaded.

The dashboard offers and accepts only what the announced model accepts, and the worker rejects
the same jobs, by the same function.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import MessageError
from core.model_defaults import MAX_STEPS
from core.validation import first_error
from wire.messages.job import validate
from wire.messages.parameters import PARAMETERS, GenerationParameters
from wire.messages.quantities import Count, Quantity

_Side = Annotated[int, Field(ge=1, le=65536)]
Problems = Iterator[tuple[str, str]]
"""Names of parameters, each with why it is not accepted, as a sentence."""

_ALWAYS_ACCEPTED = ("prompt", "width", "height", "steps", "seed")


class ModelCapabilities(BaseModel):
    """The parameters that a model accepts, with their defaults and limits."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_id: str
    family: str = ""
    """The pipeline class, such as ``StableDiffusionXLPipeline``."""
    accepts: tuple[str, ...] = _ALWAYS_ACCEPTED
    """Names of generation parameters."""
    defaults: dict[str, int | Quantity | str] = {}
    """The values of unset parameters, by name."""
    size_multiple: _Side = 8
    """Width and height must be multiples of this many pixels."""
    min_side: _Side = 64
    max_side: _Side = 2048
    """Pixels."""
    max_steps: Annotated[Count, Field(ge=1)] = MAX_STEPS
    max_prompt_tokens: int | None = None
    """Tokens of a prompt that the text encoders read; None if they read all."""
    schedulers: tuple[str, ...] = ()
    loras: tuple[str, ...] = ()
    """Names of the LoRAs that a job may use."""


def require_accepted(model: ModelCapabilities, parameters: GenerationParameters) -> None:
    """Raise MessageError, with what is accepted instead, unless the model accepts these."""
    problems = [
        *_not_accepted(model, parameters),
        *_side_problems(model, "width", parameters.width),
        *_side_problems(model, "height", parameters.height),
        *_step_problems(model, parameters.steps),
        *_name_problems(model, parameters),
    ]
    if problems:
        raise MessageError(problems[0][1], dict(reversed(problems)))  # the first of each field


def accepted_part(
    model: ModelCapabilities, fields: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the parameters that are valid and that the model accepts, and why others are not."""
    accepted, problems = {}, []
    for name in PARAMETERS:
        if name in fields:
            try:
                # Any prompt completes the parameters, of which one is checked.
                parameters = validate(GenerationParameters, {"prompt": "x", name: fields[name]})
                require_accepted(model, parameters)
                accepted[name] = getattr(parameters, name)
            except MessageError as error:
                problems.append(str(error))
    return accepted, tuple(problems)


def _not_accepted(model: ModelCapabilities, parameters: GenerationParameters) -> Problems:
    for name in PARAMETERS:
        if getattr(parameters, name) not in (None, ()) and name not in model.accepts:
            yield name, f"The model {model.model_id} takes no {name}."


def _side_problems(model: ModelCapabilities, name: str, side: int | None) -> Problems:
    if side is None:
        return
    if not model.min_side <= side <= model.max_side:
        limits = f"{model.min_side} to {model.max_side}"
        yield name, f"The {name} must be {limits} pixels for this model, not {side}."
    if side % model.size_multiple:
        lower = side // model.size_multiple * model.size_multiple
        yield (
            name,
            f"The {name} must be a multiple of {model.size_multiple} pixels for this model; "
            f"the nearest are {lower} and {lower + model.size_multiple}, not {side}.",
        )


def _step_problems(model: ModelCapabilities, steps: int | None) -> Problems:
    if steps is not None and steps > model.max_steps:
        limit = f"at most {model.max_steps} steps"
        yield "steps", f"The model {model.model_id} takes {limit}, not {steps}."


def _name_problems(model: ModelCapabilities, parameters: GenerationParameters) -> Problems:
    if parameters.scheduler and parameters.scheduler not in model.schedulers:
        known = ", ".join(model.schedulers)
        name = parameters.scheduler
        yield "scheduler", f"There is no scheduler {name} for this model; there are: {known}."
    for lora in parameters.loras:
        if lora.name not in model.loras:
            known = ", ".join(model.loras) or "none"
            yield "loras", f"There is no LoRA {lora.name}; there are: {known}."


def encode_capabilities(capabilities: ModelCapabilities) -> bytes:
    """Encode capabilities as JSON."""
    return capabilities.model_dump_json(indent=1).encode()


def decode_capabilities(body: bytes) -> ModelCapabilities:
    """Decode capabilities. Raises MessageError."""
    try:
        return ModelCapabilities.model_validate_json(body)
    except ValidationError as error:
        reason = " ".join(first_error(error))
        raise MessageError(f"The model's capabilities are not valid: {reason}.") from None
