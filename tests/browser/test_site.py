"""The documentation's site in a real browser."""

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.site import build


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the site and serve it; return its first page's address."""
    folder = build(tmp_path_factory.mktemp("site"))
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


def test_search_finds_a_page_without_another_host(
    site: str, open_page: Callable[..., Page]
) -> None:
    """A word that is typed lists the pages that have it, and each opens; all from one host."""
    page = open_page(site, reused=False)
    elsewhere = []

    def block(route: Route) -> None:
        elsewhere.append(route.request.url)
        route.abort()

    page.route(lambda address: not address.startswith("http://127.0.0.1"), block)
    page.reload()
    page.get_by_role("textbox", name="Search").fill("dead letter")
    found = page.locator(".md-search-result__link").first
    expect(found).to_be_visible()
    found.click()
    expect(page).not_to_have_url(site)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert not elsewhere


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "pages", "kubernetes", "settings", "eks"])
def test_pages_fit_on_a_phone_in_both_themes(
    site: str, open_page: Callable[..., Page], name: str, scheme: str
) -> None:
    """Nothing but tables and code scrolls sideways; pictures are those of the theme."""
    page = open_page(site.replace("index", name), 390, 844, scheme, reused=False)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    other = {"light": "dark", "dark": "light"}[scheme]
    for picture in page.locator(f"img[src*='-{other}.webp']").all():
        expect(picture).to_be_hidden()
