"""The presenter's login on a page."""

from playwright.sync_api import Page, expect

KEY = "bb1-bb1-bb1"
ON_STAGE = {"PRESENTER_KEY": KEY, "CHAOS": "true"}
"""Settings with which a presenter may inject faults."""


def log_in(page: Page) -> None:
    """Enter the presenter's key, and wait until the page knows it."""
    page.get_by_role("button", name="Presenter login").click()
    page.get_by_label("Presenter key").fill(KEY)
    page.get_by_label("Presenter key").press("Enter")
    expect(page.get_by_label("Presenter key")).to_have_count(0)
