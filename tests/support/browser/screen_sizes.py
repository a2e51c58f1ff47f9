"""Show one page on screens of several sizes: a page is drawn anew, and not loaded again."""

from collections.abc import Iterable, Iterator

from playwright.sync_api import Page

_FITS = """(selectors) => selectors.every((selector) =>
  [...document.querySelectorAll(selector)].every((box) => box.scrollWidth <= box.clientWidth))"""


def on_screens(page: Page, sizes: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Resize the page to each width and height in pixels, in turn."""
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function("width => innerWidth === width", arg=width)
        yield width, height


def wait_until_fits(page: Page, *selectors: str) -> None:
    """Wait until none of these elements scrolls sideways."""
    page.wait_for_function(_FITS, arg=list(selectors))
