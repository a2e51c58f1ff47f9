"""Tests of navigation between pages while requests of the old page are under way."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.late_ticks import LateTicks
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.conditions import wait_until
from tests.support.dashboard_server import Dashboard

_PROMPT = "cartoon dwarf on its way"


def _click_a_worker(page: Page) -> None:
    page.locator(".st-key-card_workers").get_by_role("link", name=_PROMPT).click()


def _click_a_card(page: Page) -> None:
    page.locator(".job").get_by_role("link", name=_PROMPT).click()


@pytest.mark.parametrize(
    ("path", "click"), [("/fleet", _click_a_worker), ("/", _click_a_card)], ids=["fleet", "studio"]
)
def test_link_to_a_job_opens_its_details(
    dashboard: Dashboard, open_page: Callable[..., Page], path: str, click: Callable[[Page], None]
):
    """The job's details open and are updated, although late ticks of the old page arrive."""
    worker = ScriptedWorker(dashboard.data_dir)
    job_id = dashboard.submit(_PROMPT)
    worker.receive()
    page = _leave(open_page, dashboard.url + path, click)
    page.wait_for_url(re.compile(rf"/jobs\?job={job_id}"))
    expect(page.get_by_role("dialog")).to_contain_text(_PROMPT)
    dashboard.submit("a later cat")
    expect(page.locator(".st-key-card_jobs")).to_contain_text("a later cat")
    worker.close()


def test_escape_leaves_present(dashboard: Dashboard, open_page: Callable[..., Page]):
    """Escape opens the Studio, which is updated."""
    page = _leave(open_page, f"{dashboard.url}/present", lambda page: page.keyboard.press("Escape"))
    expect(page.get_by_label("Describe a picture")).to_be_visible()
    dashboard.submit("a later cat")
    expect(page.locator(".job")).to_contain_text("a later cat")


def _leave(open_page: Callable[..., Page], address: str, click: Callable[[Page], None]) -> Page:
    """Open an address, and click while ticks of its page are under way."""
    ticks, page = LateTicks(), open_page("about:blank", reused=False)
    ticks.between(page)
    page.goto(address)
    expect(page.locator(".js-plotly-plot .annotation").first).to_be_visible()
    wait_until(lambda: page.wait_for_timeout(50) or ticks.received, what="a tick")
    ticks.begin()
    click(page)
    page.wait_for_url(lambda url: url != address)
    return page
