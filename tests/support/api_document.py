"""Check answers of the API against its OpenAPI document."""

import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from dashboard.routes.v1.document import document
from dashboard.routes.v1.operations import PREFIX


def checked(answer: httpx.Response) -> httpx.Response:
    """Return an answer; fail unless the document has its status, type, headers and content."""
    path, method = answer.request.url.path.removeprefix(PREFIX), answer.request.method.lower()
    described = _response(path, method, answer.status_code)
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    contents = described.get("content", {})
    assert (media_type in contents) or (not contents and not answer.content), (path, media_type)
    for name in described.get("headers", {}):
        if name == "Retry-After":
            assert int(answer.headers[name]) > 0
    if media_type.endswith("json"):
        validate(contents[media_type]["schema"], answer.json())
    return answer


def validate(schema: dict[str, Any], value: object) -> None:
    """Fail unless a value has a schema of the document."""
    whole = schema | {"components": _document()["components"]}
    Draft202012Validator(whole).validate(value)


def _response(path: str, method: str, status: int) -> dict[str, Any]:
    for template, operations in _document()["paths"].items():
        pattern = re.sub(r"{\w+}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method in operations:
            return operations[method]["responses"][str(status)]
    raise AssertionError(f"{method} {path} is not in the document")


@cache
def _document() -> dict[str, Any]:
    return document()
