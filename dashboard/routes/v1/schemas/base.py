"""What the models of requests and answers share."""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Add the strings below the model's attributes to its JSON schema.

    Pydantic's ``use_attribute_docstrings`` reads them when classes are made, which takes longer
    than all the rest of the API's start.
    """
    for base in reversed(model.__mro__):
        if issubclass(base, Described) and base is not Described:
            for name, text in _texts(base):
                schema["properties"][name]["description"] = text


def _texts(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(inspect.getsource(model)).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, after in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match after:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield field.target.id, inspect.cleandoc(text).replace("\n", " ")


class Described(BaseModel):
    """A model whose attributes are described by the strings below them."""

    model_config = ConfigDict(frozen=True, defer_build=True, json_schema_extra=_describe)


class Resource(Described):
    """A part of an answer, made from attributes."""

    model_config = ConfigDict(from_attributes=True)
