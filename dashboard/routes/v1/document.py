"""The OpenAPI document, made from the operations and their pydantic models."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from dashboard.presentation.urls import absolute
from dashboard.routes.v1.catalog import OPERATIONS
from dashboard.routes.v1.operations import PREFIX, Answer, Operation
from dashboard.routes.v1.problems import MEDIA_TYPE
from dashboard.routes.v1.schemas.problems import Problem

_REFERENCE = "#/components/schemas/"
_OF_EVERY_OPERATION = (401, 429, 500)
_PATH_PARAMETERS = {"id": "The id of a job.", "name": "The name of a picture."}
_INFO = {
    "title": "Stable Diffusion Live",
    "version": "1",
    "description": "Submit jobs, follow them, and read their pictures. Errors are "
    "`application/problem+json` (RFC 9457). Fields may be added to answers: ignore those that "
    "are unknown to you.",
}


@cache
def document_text() -> str:
    """Return the document as JSON."""
    return json.dumps(document(), ensure_ascii=False)


def document(operations: Iterable[Operation] = OPERATIONS) -> dict[str, Any]:
    """Return the document, as JSON fields."""
    operations = tuple(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.1",
        "info": _INFO,
        "servers": [{"url": absolute(PREFIX)}],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {"schemas": _schemas(operations), "securitySchemes": _SECURITY},
    }


_SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "One of API_KEYS or PRESENTER_KEY."}
}


def _describe(operation: Operation) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": list(_parameters(operation)),
        "responses": _responses(operation),
        # Without keys, as on a laptop, everything is allowed.
        "security": [{"key": []}, {}] if operation.action else [{}],
    }
    if operation.body:
        content = {"application/json": {"schema": _reference(operation.body)}}
        fields["requestBody"] = {"required": True, "content": content}
    return fields


def _responses(operation: Operation) -> dict[str, Any]:
    answers = {str(status): _answer(each) for status, each in operation.answers.items()}
    statuses = sorted(
        {*operation.problems, *_OF_EVERY_OPERATION, *((403,) * bool(operation.action))}
    )
    return answers | {str(status): _problem(status) for status in statuses}


def _answer(answer: Answer) -> dict[str, Any]:
    fields: dict[str, Any] = {"description": answer.description}
    if answer.media_types:
        # Of a stream, the schema is that of the data of each event.
        content = {"schema": _reference(answer.content)} if answer.content else {}
        fields["content"] = dict.fromkeys(answer.media_types, content)
    if answer.headers:
        fields["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in answer.headers.items()
        }
    return fields


def _problem(status: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": _reference(Problem)}},
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = {"description": "Seconds.", "schema": {"type": "integer"}}
        fields["headers"] = {"Retry-After": seconds}
    return fields


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", operation.path):
        text = _PATH_PARAMETERS[name]
        yield _parameter("path", name, text, {"type": "string"}) | {"required": True}
    yield from _query_parameters(operation.query)
    for name, text in operation.headers.items():
        yield _parameter("header", name, text, {"type": "string"})


def _query_parameters(model: type[BaseModel] | None) -> Iterator[dict[str, Any]]:
    if model is None:
        return
    for name, schema in model.model_json_schema()["properties"].items():
        # null is for absent, which a URL expresses by leaving the parameter out.
        options = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
        described = {key: schema[key] for key in schema if key not in ("anyOf", "title")}
        description = described.pop("description", "")
        if described.get("default", "") is None:
            described.pop("default")
        merged = {**described, **(options[0] if options else {})}
        yield _parameter("query", name, description, merged)


def _parameter(kind: str, name: str, text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": kind, "description": text, "schema": dict(schema)}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for operation in operations:
        if operation.body:
            models[operation.body, "validation"] = None
        for answer in operation.answers.values():
            if answer.content:
                models[answer.content, "serialization"] = None
    _, definitions = models_json_schema(list(models), ref_template=_REFERENCE + "{model}")
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"{_REFERENCE}{model.__name__}"}
