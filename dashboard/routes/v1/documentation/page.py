"""Serve the page."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard import runtime
from dashboard.audience.address import with_base_path
from dashboard.presentation.templates import render
from dashboard.routes.errors import NO_STORE
from dashboard.routes.v1.document import document
from dashboard.routes.v1.documentation.examples import curl
from dashboard.routes.v1.documentation.rows import Row, parameter_rows, rows_of
from dashboard.routes.v1.operations import PREFIX
from dashboard.routes.v1.problems import TYPES

_HEADERS = NO_STORE | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    )
}


@dataclass(frozen=True)
class Section:
    """An operation, as the page shows it."""

    name: str
    tag: str
    method: str
    path: str
    summary: str
    description: str
    needs_key: bool
    command: str
    parameters: list[Row]
    body: str
    """The name of the schema of its body; empty without one."""
    answers: list[tuple[str, str, str]]
    """Status, description and schema, which may be empty."""
    errors: list[str]


async def read_page(request: Request) -> Response:
    """Return the page."""
    settings = runtime.current().settings
    site = settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    page = await to_thread.run_sync(_page, with_base_path(site, settings.base_path))
    return HTMLResponse(page, headers=_HEADERS)


async def read_style(_request: Request) -> Response:
    """Return its style sheet."""
    text = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    return Response(text, media_type="text/css", headers=NO_STORE)


@lru_cache(maxsize=4)  # for each name that the dashboard is reached under
def _page(site: str) -> str:
    fields = document()
    schemas = {name: rows_of(each) for name, each in fields["components"]["schemas"].items()}
    return render(
        "routes/v1/documentation/page.html",
        info=fields["info"],
        tags=[tag["name"] for tag in fields["tags"]],
        sections=list(_sections(fields, f"{site}{PREFIX.lstrip('/')}")),
        schemas={name: rows for name, rows in schemas.items() if rows},
        about={
            name: each.get("description", "")
            for name, each in fields["components"]["schemas"].items()
        },
        problems=TYPES,
        prefix=PREFIX,
    )


def _sections(fields: dict[str, Any], site: str) -> Iterator[Section]:
    for path, methods in fields["paths"].items():
        for method, operation in methods.items():
            yield _section(method.upper(), path, operation, site)


def _section(method: str, path: str, operation: dict[str, Any], site: str) -> Section:
    content = operation.get("requestBody", {}).get("content", {}).values()
    responses = operation["responses"]
    return Section(
        name=operation["operationId"],
        tag=operation["tags"][0],
        method=method,
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        needs_key=bool(operation["security"][0]),
        command=curl(method, f"{site}{path}", operation),
        parameters=parameter_rows(operation["parameters"]),
        body=next(map(_schema, content), ""),
        answers=[_answer(*each) for each in responses.items() if each[0] < "300"],
        errors=[status for status in responses if status >= "400"],
    )


def _answer(status: str, response: dict[str, Any]) -> tuple[str, str, str]:
    content = response.get("content", {}).values()
    return status, response["description"], next(map(_schema, content), "")


def _schema(content: dict[str, Any]) -> str:
    reference: str = content.get("schema", {}).get("$ref", "")
    return reference.rpartition("/")[2]
