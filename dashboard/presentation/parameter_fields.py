"""The input fields of the generation parameters that a model accepts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from wire.messages.model import ModelCapabilities
from wire.messages.parameters import PARAMETERS, GenerationParameters

Kind = Literal["text", "integer", "number", "choice", "loras", "picture"]

ANY_MODEL = ModelCapabilities(model_id="any", accepts=PARAMETERS)
"""Accepts every parameter; its limits are those of the parameters themselves."""

_STEPS_OF_A_NUMBER = 100
"""Between the limits of a number that is no integer, as other tools divide them."""
_KINDS: dict[str, Kind] = {"string": "text", "integer": "integer", "number": "number"}
_SPECIAL_KINDS: dict[str, Kind] = {
    "scheduler": "choice",
    "loras": "loras",
    "init_image": "picture",
}
"""Kinds of parameters that are more than text and numbers."""
_SCHEMAS: dict[str, dict[str, Any]] = GenerationParameters.model_json_schema()["properties"]


@dataclass(frozen=True)
class ParameterField:
    """An input field: what it is named, and which values it takes."""

    name: str
    title: str
    description: str
    kind: Kind
    minimum: float = 0
    maximum: float = 0
    step: float = 1
    """The limits of integers and numbers."""
    choices: tuple[str, ...] = ()
    """The names of which a choice takes one, and LoRAs several."""
    default: str = ""
    """What an empty field means; empty if that is not known."""


def parameter_fields(model: ModelCapabilities) -> Iterator[ParameterField]:
    """Yield the fields of the parameters that a model accepts, without the prompt."""
    for name in PARAMETERS:
        if name != "prompt" and name in model.accepts:
            yield _field(name, model)


def _field(name: str, model: ModelCapabilities) -> ParameterField:
    schema = _SCHEMAS[name]
    value_schema = schema.get("anyOf", [schema])[0]
    minimum, maximum, step = _limits(name, value_schema, model)
    return ParameterField(
        name=name,
        title=schema["title"],
        description=schema["description"],
        kind=_SPECIAL_KINDS.get(name) or _KINDS[value_schema["type"]],
        minimum=minimum,
        maximum=maximum,
        step=step,
        choices={"scheduler": model.schedulers, "loras": model.loras}.get(name, ()),
        default="random" if name == "seed" else _format(model.defaults.get(name, "")),
    )


def _limits(
    name: str, schema: dict[str, Any], model: ModelCapabilities
) -> tuple[float, float, float]:
    """Return minimum, maximum and step: the model's, else those of every model."""
    if name in ("width", "height"):
        return model.min_side, model.max_side, model.size_multiple
    maximum = schema.get("maximum", schema.get("exclusiveMaximum", 1) - 1)
    if schema.get("type") == "integer":
        return schema["minimum"], model.max_steps if name == "steps" else maximum, 1
    return float(schema.get("minimum", 0)), float(maximum), maximum / _STEPS_OF_A_NUMBER


def _format(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
