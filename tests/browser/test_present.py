"""Present in a real browser: one screen of any size, and keys for who may."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.conditions import wait_until
from tests.support.dashboard_server import Dashboard

_FITS = """() => {
  const inside = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.left >= -1 && box.top >= -1
      && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1;
  };
  const parts = [".numbers", ".invitation", ".why", ".js-plotly-plot", ".no-tiles, .tile"];
  const scrolled = [...document.querySelectorAll("*")].filter((element) => {
    const style = getComputedStyle(element);
    return ["auto", "scroll"].includes(style.overflowY)
      && element.scrollHeight > element.clientHeight + 1;
  });
  const visible = (part) =>
    [...document.querySelectorAll(part)].filter((element) => element.checkVisibility());
  return [
    ...parts.filter((part) => !visible(part).length || !visible(part).every(inside)),
    ...scrolled.map((element) => `scroll bar on ${element.className}`),
  ];
}"""


def _stage(page: Page) -> Page:
    page.locator(".js-plotly-plot .annotation").first.wait_for()
    return page


def _waiting(dashboard: Dashboard) -> int:
    return httpx.get(f"{dashboard.url}/api/state").json()["queue"]["value"]["ready"]


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (1600, 1200)])
def test_everything_fits_on_one_screen(
    shared_dashboard: Dashboard, open_page: Callable[..., Page], width: int, height: int
):
    """Whatever the projector, all parts are wholly visible, and nothing scrolls."""
    page = _stage(open_page(f"{shared_dashboard.url}/present", width, height))
    expect(page.locator(".stAppHeader")).not_to_be_visible()
    page.wait_for_function(f"({_FITS})().length === 0")
    page.set_viewport_size({"width": 3840, "height": 2160})  # the presenter changes the screen
    page.wait_for_function(f"({_FITS})().length === 0")
    number = page.locator(".numbers b").first
    assert float(number.evaluate("b => parseFloat(getComputedStyle(b).fontSize)")) == 168


def test_pictures_come_to_the_wall_with_their_prompts_as_typed(
    shared_dashboard: Dashboard, worker: ScriptedWorker, open_page: Callable[..., Page]
):
    """A picture appears by itself; its prompt is text, whatever it holds, and nothing shifts."""
    page = _stage(open_page(f"{shared_dashboard.url}/present", 1920, 1080))
    hostile = "<img src=x onerror=alert(1)> **and** \u202eeno"
    shared_dashboard.submit(hostile)
    worker.generate()
    expect(page.locator(".tile:visible span").first).to_contain_text(hostile)
    page.wait_for_function(f"({_FITS})().length === 0")


def test_keys_are_for_the_presenter_and_never_act_while_typing(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """Without the presenter's key b does nothing; with it, a burst goes, and says so."""
    dashboard = start_dashboard(FLEET="none", PRESENTER_KEY="bb1-bb1-bb1")
    page = _stage(open_page(f"{dashboard.url}/present", 1920, 1080))
    expect(page.get_by_role("button", name="Mixed")).to_have_count(0)
    page.keyboard.press("b")
    page.get_by_role("button", name="I am the presenter").click()
    page.get_by_label("Presenter's key").press_sequentially("bb1-bb1-bb1")
    assert _waiting(dashboard) == 0
    page.get_by_label("Presenter's key").press("Enter")
    expect(page.get_by_role("button", name="Mixed")).to_have_count(1)
    expect(page.get_by_label("Presenter's key")).to_have_count(0)

    page.keyboard.press("b")
    expect(page.get_by_role("status")).to_contain_text("Mixed: 20 requests sent.")
    expect(page.locator(".numbers b").first).to_contain_text("20")
    page.keyboard.press("1")
    expect(page.get_by_role("status")).to_contain_text("Seven dwarfs: 7 requests sent.")
    page.keyboard.press("b")
    expect(page.get_by_role("status")).to_contain_text("The next burst can go in")
    wait_until(lambda: _waiting(dashboard) == 27, what="both bursts wait, and no third")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{dashboard.url}/")


def test_parts_that_are_away_are_named_and_a_burst_is_kept(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """Without its queue the stage stands, says unknown, and the burst says what happened."""
    dashboard = start_dashboard(RABBITMQ_URL="amqp://guest:guest@127.0.0.1:1/")
    page = _stage(open_page(f"{dashboard.url}/present", 1366, 768))
    expect(page.locator(".numbers b").first).to_have_text("unknown")
    page.wait_for_function(f"({_FITS})().length === 0")
    page.keyboard.press("b")
    expect(page.get_by_role("status")).to_contain_text("0 of 20 were sent, then this happened")
    expect(page.locator(".stException")).to_have_count(0)
