"""Count the layout shifts of a page."""

from typing import Any

from playwright.sync_api import Page

_WATCH = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      const moved = shift.sources.map((source) => source.node?.className || source.node?.nodeName);
      if (!shift.hadRecentInput) window.shifts.push([shift.value, ...moved]);
    }
  }).observe({ type: "layout-shift", buffered: false });
}"""


def watch(page: Page) -> None:
    """Count layout shifts from now on."""
    page.evaluate(_WATCH)


def shifts(page: Page) -> list[Any]:
    """Return the layout shifts since ``watch``, each with the elements that moved."""
    shifts: list[Any] = page.evaluate("window.shifts")
    return shifts
