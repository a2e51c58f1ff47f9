"""What axe-core finds on each page: WCAG 2.2, levels A and AA."""

from collections.abc import Callable, Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.dashboard_server import Dashboard

_PAGES = ("/", "/gallery", "/fleet", "/jobs", "/present", "/approve", "/recordings")
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
_GRAVE = ("serious", "critical")
_FOLLOWS = "scheme => getComputedStyle(document.querySelector('.stApp')).colorScheme === scheme"


@pytest.fixture(scope="module")
def busy(shared_dashboard: Dashboard, worker: ScriptedWorker) -> Iterator[Dashboard]:
    """Fill the dashboard: jobs that are done, painting, failed and waiting."""
    for prompt in ("a cat that is done", "a dog that failed", "a fish in the sea", "a house"):
        shared_dashboard.submit(prompt, 2)
    worker.generate()
    worker.fail(worker.receive(), "the device was lost")
    painting = worker.receive()
    worker.store(painting, 0)
    worker.step(painting, 1, 2)
    yield shared_dashboard
    worker.finish(painting)


@pytest.mark.parametrize("path", _PAGES)
def test_no_page_shuts_anybody_out(busy: Dashboard, open_page: Callable[..., Page], path: str):
    """axe-core finds nothing serious on any page, light or dark, wide or on a phone."""
    page = open_page(busy.url + path)
    expect(page.get_by_text("Open to all who reach this page")).to_be_visible(timeout=60_000)
    for scheme, width in product(("light", "dark"), (1440, 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(_FOLLOWS, arg=scheme)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page, options=_RULES).response["violations"]
        assert [_words(each) for each in found if each["impact"] in _GRAVE] == [], (scheme, width)


def _words(violation: dict) -> str:
    places = "; ".join(str(node["html"])[:160] for node in violation["nodes"][:3])
    return f"{violation['id']}: {violation['help']} ({len(violation['nodes'])}: {places})"
