"""Open pages in both themes and write what they show as WebP."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from tests.support.conditions import HANG_TIMEOUT

_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_QUALITY = 82

_IS_DRAWN = """() => !document.querySelector(".stApp:not([data-test-script-state=notRunning])")
  && !document.querySelector(".stException, .connection:not(:empty), [data-stale=true]")
  && [...document.images].every((image) => !image.checkVisibility() || image.naturalWidth > 0)"""

_DECODE = """() => Promise.all([...document.images].filter((image) => image.checkVisibility())
  .map((image) => image.decode().catch(() => {})))"""


@dataclass(frozen=True)
class Screen:
    """A page to capture."""

    name: str
    path: str
    viewport: ViewportSize
    ready: str = "body"
    """Selector of what has to be there before."""


def open_pages(browser: Browser, url: str, screens: Iterable[Screen]) -> dict[str, Page]:
    """Open each page in both themes; return them by the names of their files."""
    pages = {}
    for screen in screens:
        for theme in _THEMES:
            page = browser.new_page(viewport=screen.viewport, color_scheme=theme)
            page.set_default_timeout(HANG_TIMEOUT * 1000)
            page.goto(url + screen.path)
            page.locator(screen.ready).first.wait_for()
            pages[f"{screen.name}-{theme}"] = page
    return pages


def capture(pages: dict[str, Page], folder: Path) -> None:
    """Write a picture of each page once it is drawn, and close the page."""
    for name, page in pages.items():
        write(screenshot(page), folder / f"{name}.webp")
        page.close()


def screenshot(page: Page) -> Image.Image:
    """Return what a page shows once it is drawn and has no error."""
    page.bring_to_front()
    page.wait_for_load_state("networkidle")
    while True:
        page.wait_for_function(_IS_DRAWN)
        page.evaluate(_DECODE)
        captured = page.screenshot(animations="disabled")
        if page.evaluate(_IS_DRAWN):  # Streamlit dims what a run that began meanwhile will replace
            return Image.open(io.BytesIO(captured)).convert("RGB")


def write(picture: Image.Image, path: Path) -> None:
    """Write a picture as WebP, in a tenth of its PNG's bytes."""
    picture.save(path, quality=_QUALITY, method=6)
