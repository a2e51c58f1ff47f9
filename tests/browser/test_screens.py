"""Pages on narrow, upright and very large screens, and with a keyboard."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.recordings.folder import BUNDLED
from tests.support.browser.screen_sizes import on_screens, wait_until_fits
from tests.support.dashboard_server import Dashboard, running_dashboard

_PEAK_SECONDS = 68
"""Workers and nodes are all there, and numbers have their longest context beside them."""

_OVERFLOWING = """(selector) => [...document.querySelectorAll(selector)]
  .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.textContent)"""
_OVERLAPPING = """([first, second]) => {
  const boxes = (selector) => [...document.querySelectorAll(selector)]
    .filter((element) => element.checkVisibility())
    .map((element) => element.getBoundingClientRect());
  return boxes(first).some((a) => boxes(second).some((b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom));
}"""


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Start what `make replay` starts."""
    folder = tmp_path_factory.mktemp("replay")
    with running_dashboard(folder, REPLAY=str(BUNDLED)) as dashboard:
        yield dashboard


@pytest.fixture(scope="module")
def peak(replay: Dashboard, browser: Browser) -> Dashboard:
    """Pause the replay at its peak."""
    page = browser.new_page()
    page.goto(replay.url)
    bar = page.locator(".replay-bar")
    toggle = bar.locator(".toggle")
    expect(toggle).to_have_text(re.compile("Play|Pause"))
    if toggle.text_content() == "Pause":
        toggle.click()
    expect(toggle).to_have_text("Play")
    bar.get_by_role("slider", name="Position").fill(str(_PEAK_SECONDS))
    expect(bar.locator(".time")).to_contain_text("1:08 /")
    page.close()
    return replay


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_focus_in_the_navigation_is_outlined(
    replay: Dashboard, open_page: Callable[..., Page], scheme: str
) -> None:
    """The page link that has the keyboard's focus has an outline in the text's colour."""
    page = open_page(replay.url, scheme=scheme)
    link = page.get_by_role("link", name="Gallery")
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(link).to_be_focused()
    expect(link).to_have_css("outline-style", "solid")
    expect(link).to_have_css("outline-width", "2px")
    ink = {"light": "rgb(23, 25, 30)", "dark": "rgb(237, 238, 240)"}[scheme]
    expect(link).to_have_css("outline-color", ink)


def test_stage_keeps_its_texts_apart(peak: Dashboard, open_page: Callable[..., Page]) -> None:
    """Upright or not, no number reaches into the next, and the replay sign hides nothing."""
    page = open_page(f"{peak.url}/present", 1920, 1080)
    expect(page.locator(".numbers")).to_contain_text("of 8 wanted")
    expect(page.locator(".replay-bar .time")).to_be_visible()
    for width, height in on_screens(page, [(1920, 1080), (1080, 1920), (820, 1180), (390, 844)]):
        expect(page.locator(".tile:visible")).to_have_count(11 if width > height else 6)
        wait_until_fits(page, ".numbers > div > *")
        assert not page.evaluate(_OVERLAPPING, [".replay-bar", ".tile"])


def test_jobs_shows_prompts_beside_other_columns(
    peak: Dashboard, open_page: Callable[..., Page]
) -> None:
    """On a narrow screen a prompt has room for words, and no heading runs into the next."""
    page = open_page(f"{peak.url}/jobs", 1000)
    prompt = page.locator("table.jobs tbody .cut").first
    expect(prompt).to_be_visible()
    for _ in on_screens(page, [(1000, 800), (800, 1200), (641, 900)]):
        wait_until_fits(page, "table.jobs th")
        assert prompt.bounding_box()["width"] >= 120


def test_jobs_shows_every_filter_on_a_phone(
    peak: Dashboard, open_page: Callable[..., Page]
) -> None:
    """All states can be chosen without scrolling sideways."""
    page = open_page(f"{peak.url}/jobs", 390, 844)
    filters = page.get_by_role("radiogroup", name="State").get_by_role("radio")
    expect(filters).to_have_count(6)
    assert all(box["x"] + box["width"] <= 390 for box in map(_box, filters.all()))
    assert page.evaluate(_OVERFLOWING, ".st-key-jobs_filters [role=radiogroup]") == []


@pytest.mark.parametrize("path", ["/", "/gallery", "/fleet", "/tune", "/jobs"])
def test_pages_grow_on_a_very_large_screen(
    peak: Dashboard, open_page: Callable[..., Page], path: str
) -> None:
    """At 3840 pixels a page uses the width, and its text is as large as the screen allows."""
    page = open_page(peak.url + path, 3840, 2160)
    heading = page.locator(".top-bar h1")
    expect(heading).to_be_visible()
    assert _box(page.locator(".replay-bar"))["width"] > 0.95 * 3840
    assert float(heading.evaluate("h1 => parseFloat(getComputedStyle(h1).fontSize)")) > 30


def test_recording_is_named_in_full(peak: Dashboard, open_page: Callable[..., Page]) -> None:
    """The bar of a replay cuts no name of usual length, on a laptop or a phone."""
    page = open_page(peak.url)
    name = "Seven dwarfs and then everybody, on eight GPUs"
    expect(page.locator(".replay-bar .name")).to_have_text(name)
    for _ in on_screens(page, [(1440, 900), (390, 844)]):
        wait_until_fits(page, ".replay-bar .name")


def _box(locator: Locator) -> dict[str, float]:
    return locator.bounding_box()
