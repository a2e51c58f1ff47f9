"""A real browser, and a dashboard that tests may share as long as they break nothing."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.scripted_worker import ScriptedWorker
from tests.browser.studio_page import StudioPage
from tests.conditions import need_program
from tests.dashboard_server import Dashboard, running_dashboard

ARGUMENTS = [
    "--no-sandbox",  # tests may run as root, in a container
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = need_program("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shared_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Start a dashboard without workers, which all tests of a module use."""
    with running_dashboard(tmp_path_factory.mktemp("shared"), FLEET="none") as dashboard:
        yield dashboard


@pytest.fixture(scope="module")
def worker(shared_dashboard: Dashboard) -> Iterator[ScriptedWorker]:
    """Be the shared dashboard's only worker."""
    worker = ScriptedWorker(shared_dashboard.data_dir)
    yield worker
    worker.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a context of its own: ``open_page(url, width=390)``."""
    contexts: list[BrowserContext] = []

    def open_page(url: str, width: int = 1440, height: int = 900, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def studio(open_page: Callable[..., Page], shared_dashboard: Dashboard) -> StudioPage:
    """Open the Studio of the shared dashboard, and wait until it is drawn."""
    return StudioPage(open_page(shared_dashboard.url))
