"""The cookie that names a browser, by which a reloaded page keeps what is its own."""

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.access import browser_memory, tokens
from dashboard.routes.browser_cookie import BrowserCookie

_PAGE = {"accept": "text/html,application/xhtml+xml"}


def _client(
    path: str = "", scheme: str = "http", headers: dict[str, str] | None = None
) -> TestClient:
    page = Route("/{rest:path}", lambda _request: HTMLResponse("a page", headers=headers))
    return TestClient(
        BrowserCookie(Starlette(routes=[page]), path=path), base_url=f"{scheme}://pictures.example"
    )


def test_page_names_the_browser_once():
    """The first page sets a random cookie, and later pages leave it as it is."""
    client = _client()
    first = client.get("/fleet", headers=_PAGE).headers["set-cookie"]
    name, value = first.partition(";")[0].split("=")
    assert name == browser_memory.COOKIE
    assert tokens.is_token(value)
    assert "set-cookie" not in client.get("/", headers=_PAGE).headers
    assert value not in _client().get("/", headers=_PAGE).headers["set-cookie"]


def test_no_script_and_no_other_site_reads_the_cookie():
    """The cookie is for HTTP only, for this site only, and over TLS where the page is."""
    plain = _client("/live").get("/live/", headers=_PAGE).headers["set-cookie"]
    assert plain.endswith("; Path=/live; HttpOnly; SameSite=Lax")
    assert (
        _client(scheme="https").get("/", headers=_PAGE).headers["set-cookie"].endswith("; Secure")
    )


@pytest.mark.parametrize("value", ["", "x", "a" * 500, "\"'; Path=/"])
def test_foreign_value_is_replaced(value: str):
    """A cookie that this dashboard did not set names no browser."""
    client = _client()
    client.cookies.set(browser_memory.COOKIE, value)
    assert "set-cookie" in client.get("/", headers=_PAGE).headers


def test_programs_are_not_named():
    """A client of the API, a picture and a probe get no cookie."""
    assert "set-cookie" not in _client().get("/api/state").headers
    assert "set-cookie" not in _client().post("/api/jobs", headers=_PAGE).headers


@pytest.mark.parametrize(
    "headers",
    [{"content-type": "image/png"}, {"cache-control": "public, max-age=300"}],
    ids=["a picture", "a page for all"],
)
def test_shared_answers_name_nobody(headers: dict[str, str]):
    """What a shared cache may give to others has no cookie, even if it is opened in a tab."""
    assert "set-cookie" not in _client(headers=headers).get("/", headers=_PAGE).headers


def test_unchanged_page_names_a_browser_without_cookie():
    """A browser that has kept the page and lost its cookie gets another one."""
    page = Route("/", lambda _request: Response(status_code=304, headers={"etag": '"1"'}))
    client = TestClient(BrowserCookie(Starlette(routes=[page]), path=""))
    assert "set-cookie" in client.get("/", headers=_PAGE).headers
