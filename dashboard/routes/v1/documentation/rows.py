"""Describe JSON schemas in rows of a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} items",
    "multipleOf": "a multiple of {}",
}


@dataclass(frozen=True)
class Row:
    """A field or a parameter."""

    name: str
    kind: str
    """Its type, such as `list of PictureLink or null`."""
    schema: str
    """The name of the schema that the type refers to; empty if it refers to none."""
    description: str
    limits: str
    required: bool


def rows_of(schema: Schema) -> list[Row]:
    """Return a row for each property of an object."""
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    return [_row(name, each, name in required) for name, each in properties.items()]


def parameter_rows(parameters: list[Schema]) -> list[Row]:
    """Return a row for each parameter of an operation."""
    return [
        _row(each["name"], {**each["schema"], "description": each["description"]}, False)
        for each in parameters
    ]


def _row(name: str, schema: Schema, required: bool) -> Row:
    description = schema.get("description", "")
    return Row(name, kind_of(schema), _reference(schema), description, _limits(schema), required)


def kind_of(schema: Schema) -> str:
    """Return a type in words."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    if options := schema.get("anyOf"):
        return " or ".join(dict.fromkeys(kind_of(option) for option in options))
    if values := schema.get("enum"):
        return " | ".join(map(str, values))
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


def _reference(schema: Schema) -> str:
    """Return the first schema that a type refers to."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    parts = [*schema.get("anyOf", ()), schema.get("items", {})]
    return next((name for part in parts if part and (name := _reference(part))), "")


def _limits(schema: Schema) -> str:
    parts = [text.format(schema[key]) for key, text in _LIMITS.items() if key in schema]
    for option in schema.get("anyOf", ()):
        parts += [text] if (text := _limits(option)) else []
    if schema.get("default") is not None and schema["default"] != "":
        parts.append(f"default {str(schema['default']).lower()}")
    return ", ".join(parts)


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
