"""Command-line options, made from the generation parameters."""

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Annotated, Any

import typer

from dashboard.presentation.parameter_fields import (
    ANY_MODEL,
    Kind,
    ParameterField,
    parameter_fields,
)

_TYPES: Mapping[Kind, Any] = {"integer": int, "number": float, "loras": list[str]}
_LORAS_HELP = "NAME or NAME:WEIGHT; may be repeated"


def with_parameters(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the ``**options`` of a command by an option for each generation parameter."""
    signature = inspect.signature(command)
    own = [each for each in signature.parameters.values() if each.kind != Parameter.VAR_KEYWORD]
    options = [_option(field) for field in parameter_fields(ANY_MODEL)]
    # Typer reads the names from the signature and the types from the annotations.
    command.__signature__ = signature.replace(parameters=own + options)  # type: ignore[attr-defined]
    command.__annotations__ |= {option.name: option.annotation for option in options}
    return command


def _option(field: ParameterField) -> Parameter:
    option = typer.Option(help=_help(field), show_default=False)
    annotation: Any = Annotated[_TYPES.get(field.kind, str) | None, option]
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _help(field: ParameterField) -> str:
    if field.kind == "loras":
        return f"{field.description}: {_LORAS_HELP}"
    if field.kind in ("integer", "number"):
        return f"{field.description}; {field.minimum:.10g} to {field.maximum:.10g}"
    return field.description


def request_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are set as the fields of a request."""
    fields = {name: value for name, value in options.items() if value not in (None, [])}
    if "loras" in fields:
        fields["loras"] = [_lora(text) for text in fields["loras"]]
    return fields


def _lora(text: str) -> dict[str, Any]:
    name, separator, weight = text.rpartition(":")
    try:
        return {"name": name, "weight": float(weight)} if separator else {"name": text}
    except ValueError:
        raise typer.BadParameter(f"{weight} is not a weight; write {name}:0.8.") from None
