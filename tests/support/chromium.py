"""Fixtures for tests with a real browser."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.support.conditions import HANG_TIMEOUT, need_program

Scheme = Literal["light", "dark"]
IdleContexts = defaultdict[Scheme, list[BrowserContext]]

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
def idle_contexts() -> IdleContexts:
    """Return the contexts that no test uses; their caches make the next page open sooner."""
    return defaultdict(list)


@pytest.fixture
def open_page(browser: Browser, idle_contexts: IdleContexts) -> Iterator[Callable[..., Page]]:
    """Open an address as another person each time: ``open_page(url, width=390)``."""
    opened: list[tuple[Scheme, Page]] = []

    def open_page(url: str, width: int = 1440, height: int = 900, scheme: Scheme = "light") -> Page:
        idle = idle_contexts[scheme]
        context = idle.pop() if idle else _new_context(browser, scheme)
        page = context.new_page()
        opened.append((scheme, page))
        page.set_viewport_size({"width": width, "height": height})
        page.goto(url)
        return page

    yield open_page
    for scheme, page in opened:
        if _forget(page):
            idle_contexts[scheme].append(page.context)


def _new_context(browser: Browser, scheme: Scheme) -> BrowserContext:
    context = browser.new_context(color_scheme=scheme)
    context.set_default_timeout(_TIMEOUT_MS)
    context.add_init_script(RELOAD)
    return context


def _forget(page: Page) -> bool:
    """Close a context's pages and forget what they stored; False if only closing it does."""
    try:
        page.evaluate("localStorage.clear()")
        for each in page.context.pages:
            each.close()
        page.context.clear_cookies()
    except PlaywrightError:  # the test left a page without an origin, or closed it
        page.context.close()
        return False
    return True
