"""Fixtures for tests with a real browser."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.conditions import HANG_TIMEOUT, need_program

Scheme = Literal["light", "dark"]

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


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a context of its own: ``open_page(url, width=390)``."""
    contexts: list[BrowserContext] = []

    def open_page(url: str, width: int = 1440, height: int = 900, scheme: Scheme = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        context.set_default_timeout(_TIMEOUT_MS)
        context.add_init_script(RELOAD)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
