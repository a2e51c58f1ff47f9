"""Tests of each page with axe-core: WCAG 2.2, levels A and AA."""

from collections.abc import Callable, Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.dashboard_server import Dashboard

_PAGES = {
    "/": "Studio",
    "/gallery": "Gallery",
    "/fleet": "Fleet",
    "/tune": "Tune",
    "/jobs": "Jobs",
    "/present": "Present",
    "/approve": "Approve",
    "/remote": "Remote",
    "/recordings": "Recordings",
}
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
_SERIOUS = ("serious", "critical")
_HAS_SCHEME = "scheme => getComputedStyle(document.querySelector('.stApp')).colorScheme === scheme"
_IS_STILL = "() => !document.getAnimations().some((each) => each instanceof CSSTransition)"
_RUNS = 3


@pytest.fixture(scope="module")
def busy(shared_dashboard: Dashboard, worker: ScriptedWorker) -> Iterator[Dashboard]:
    """Fill the dashboard with jobs that are done, generating, failed and waiting."""
    for prompt in ("a cat that is done", "a dog that failed", "a fish in the sea", "a house"):
        shared_dashboard.submit(prompt, 2)
    worker.generate()
    worker.fail(worker.receive(), "the device was lost")
    generating = worker.receive()
    worker.store(generating, 0)
    worker.step(generating, 1, 2)
    yield shared_dashboard
    worker.finish(generating)


@pytest.mark.parametrize("path", _PAGES)
def test_page_has_no_serious_violations(busy: Dashboard, open_page: Callable[..., Page], path: str):
    """axe-core reports nothing serious on any page, light or dark, wide or on a phone.

    The document's title names the page, and the page has exactly one main heading.
    """
    page = open_page(busy.url + path)
    expect(page).to_have_title(f"{_PAGES[path]} · Stable Diffusion, live")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.get_by_text("No login: anyone who can open this page")).to_be_visible(
        timeout=60_000
    )
    for scheme, width in product(("light", "dark"), (1440, 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(_HAS_SCHEME, arg=scheme)
        page.wait_for_load_state("networkidle")
        assert _lasting_violations(page) == [], (scheme, width)


def _lasting_violations(page: Page) -> list[str]:
    """Return the serious violations that several runs find.

    For a moment, elements that an update replaces fade, and have little contrast.
    """
    for _ in range(_RUNS):
        page.wait_for_function(_IS_STILL)
        violations = Axe().run(page, options=_RULES).response["violations"]
        serious = [_describe(each) for each in violations if each["impact"] in _SERIOUS]
        if not serious:
            break
    return serious


def _describe(violation: dict) -> str:
    elements = "; ".join(str(node["html"])[:160] for node in violation["nodes"][:3])
    return f"{violation['id']}: {violation['help']} ({len(violation['nodes'])}: {elements})"
