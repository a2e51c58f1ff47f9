"""Animate a recorded run: its frames are taken from a paused replay, one position after another."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page

from tools.screenshots import pages

SECONDS = 10
"""How long the animation takes, whatever the recording does."""
FRAMES = 80
_SIZE = (960, 540)
_QUALITY = 50
_REFRESH_MS = 1_100
"""Pages draw a snapshot each second."""


def positions(duration: float) -> list[float]:
    """Return the seconds of a recording to show, from its beginning to its end."""
    return [duration * number / (FRAMES - 1) for number in range(FRAMES)]


def frames(stages: dict[str, Page], position: Locator) -> dict[str, list[Image.Image]]:
    """Return the frames of some pages, whose replay is moved by the slider of another one."""
    taken: dict[str, list[Image.Image]] = {name: [] for name in stages}
    for seconds in positions(float(position.get_attribute("max") or 0)):
        position.fill(f"{seconds:.1f}")
        position.page.wait_for_timeout(_REFRESH_MS)
        for name, page in stages.items():
            picture = pages.screenshot(page)
            taken[name].append(picture.resize(_SIZE, Image.Resampling.LANCZOS))
    return taken


def write(pictures: Sequence[Image.Image], path: Path) -> None:
    """Write an endless animation as WebP."""
    first, *others = pictures
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=SECONDS * 1000 // len(pictures),
        loop=0,
        quality=_QUALITY,
        method=6,
    )
