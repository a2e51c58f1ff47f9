"""Fixtures for tests with a real browser."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.support.conditions import HANG_TIMEOUT, need_program

Scheme = Literal["light", "dark"]
Motion = Literal["no-preference", "reduce"]

_TIMEOUT_MS = HANG_TIMEOUT * 1000

ARGUMENTS = [
    "--no-sandbox",  # tests may run as root, in a container
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# Chromium aborts all requests when a network interface appears or disappears, such as that of a
# container, and a page then lacks a script. A person would reload it.
RELOAD = """
addEventListener("error", (event) => event.target.tagName === "SCRIPT" && location.reload(), true);
addEventListener("vite:preloadError", () => location.reload());
"""

_FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the installed Chromium."""
    path = need_program("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        expect.set_options(timeout=_TIMEOUT_MS)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def idle_pages() -> list[Page]:
    """Return the pages that no test uses; each has a browser context of its own.

    Chromium keeps the compiled scripts of a page for the next page of the same address and
    process, so that it is drawn with a third of the processor time.
    """
    return []


@pytest.fixture
def open_pages() -> list[Page]:
    """Return the pages that the test has opened."""
    return []


@pytest.fixture
def open_page(
    browser: Browser, idle_pages: list[Page], open_pages: list[Page]
) -> Iterator[Callable[..., Page]]:
    """Open an address as another person each time: ``open_page(url, width=390)``.

    A test that adds scripts, routes or listeners to its page opens its own: ``reused=False``. Pages
    do not move by themselves, except with ``motion="no-preference"``: without a GPU, each open page
    with a moving chart takes a quarter of a processor.
    """
    own: list[Page] = []
    shared: list[Page] = []

    def open_page(
        url: str,
        width: int = 1440,
        height: int = 900,
        scheme: Scheme = "light",
        *,
        motion: Motion = "reduce",
        reused: bool = True,
    ) -> Page:
        page = idle_pages.pop() if reused and idle_pages else _new_page(browser)
        open_pages.append(page)
        (shared if reused else own).append(page)
        page.emulate_media(color_scheme=scheme, reduced_motion=motion)
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url)
        return page

    yield open_page
    for page in own:
        page.context.close()
    idle_pages.extend(page for page in shared if _forget(page))


def _new_page(browser: Browser) -> Page:
    context = browser.new_context()
    context.set_default_timeout(_TIMEOUT_MS)
    context.add_init_script(RELOAD)
    return context.new_page()


def _forget(page: Page) -> bool:
    """Forget what a page stored, and leave it; False if only closing its context does."""
    try:
        # The Studio stores what is typed when it is left, so that a page without scripts follows.
        page.goto(urljoin(page.url, "/_stcore/health"))
        page.evaluate(_FORGET)
        page.context.clear_cookies()
        for other in page.context.pages[1:]:
            other.close()
        page.goto("about:blank")
    except PlaywrightError:  # the test left a page without an origin, or closed it
        page.context.close()
        return False
    return True


@contextmanager
def dismissed_alerts(page: Page) -> Iterator[list[str]]:
    """Yield the list of the messages that a page shows in alerts, and dismiss them."""
    messages: list[str] = []

    def dismiss(alert: Dialog) -> None:
        messages.append(alert.message)
        alert.dismiss()

    page.on("dialog", dismiss)
    yield messages
    page.remove_listener("dialog", dismiss)
