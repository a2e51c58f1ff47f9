"""Take the pictures of README and docs: `python -m tools.take_screenshots`.

The laptop's come from a real run of this moment; those with GPU nodes from the bundled
recording, which was made on a real KEDA.
"""

import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser.studio_page import StudioPage
from tests.support.chromium import ARGUMENTS
from tests.support.conditions import need_program, wait_until
from tests.support.dashboard_server import Dashboard, running_dashboard

_RECORDING = Path("dashboard/recordings/bundled/talk.jsonl")
_FIRST = ("cartoon dwarf", "yellow submarine", "cat at night", "castle in snow")
_PEAK = 68
"""Seconds into the recording: workers and nodes are all there, and much is painted."""
_WIDE, _PHONE, _PROJECTOR = (1440, 900), (390, 844), (1920, 1080)
_LIVE = (("studio", "/", _WIDE), ("studio-phone", "/", _PHONE), ("gallery", "/gallery", _WIDE))
_OF_VISITORS = (("join", "/join", _PHONE), ("recordings", "/recordings", _WIDE))
_REPLAYED = (
    ("cluster", "/", (1440, 1000)),
    ("fleet", "/fleet", _WIDE),
    ("jobs", "/jobs", _WIDE),
    ("present", "/present", _PROJECTOR),
)

_DRAWN = """() => !document.querySelector(".stApp:not([data-test-script-state=notRunning])")
  && [...document.images].every((image) => !image.checkVisibility() || image.naturalWidth > 0)"""


def main(folder: Path) -> None:
    """Photograph every page, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    path = need_program("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        _photograph_a_laptop(browser, folder)
        _photograph_a_replay(browser, folder)


def _photograph_a_laptop(browser: Browser, folder: Path) -> None:
    """Let two workers paint, come back to zero, meet a burst; photograph that."""
    with (
        tempfile.TemporaryDirectory() as data_dir,
        running_dashboard(Path(data_dir), FLEET="local", COOLDOWN_PERIOD="4") as dashboard,
    ):
        _paint_some(dashboard)
        pages = _open_all(browser, dashboard, (*_LIVE, *_OF_VISITORS))
        studio = StudioPage(pages["studio-light"])
        studio.page.get_by_role("button", name="Burst of 20").click()
        wait_until(lambda: _busy(dashboard), 180, "both workers paint the burst")
        _photograph(pages, folder)
        studio.tiles.first.click()
        studio.dialog.get_by_text("Painting").wait_for()
        studio.page.screenshot(path=folder / "picture-details.png")


def _photograph_a_replay(browser: Browser, folder: Path) -> None:
    """Stop the recording where most workers and nodes are there; photograph that."""
    with (
        tempfile.TemporaryDirectory() as data_dir,
        running_dashboard(Path(data_dir), REPLAY=str(_RECORDING)) as dashboard,
    ):
        _stand_still_at(_PEAK, browser, dashboard)
        _photograph(_open_all(browser, dashboard, _REPLAYED), folder)


def _stand_still_at(seconds: float, browser: Browser, dashboard: Dashboard) -> None:
    page = browser.new_page()
    page.goto(dashboard.url)
    bar = page.locator(".replay-bar")
    bar.get_by_role("button", name="Pause").click()
    bar.get_by_role("button", name="Play", exact=True).wait_for()
    before = _state(dashboard)["at"]
    bar.get_by_role("slider", name="Position").fill(str(seconds))
    wait_until(lambda: _state(dashboard)["at"] > before, what="the replay goes to its peak")
    page.close()


def _open_all(
    browser: Browser, dashboard: Dashboard, screens: tuple[tuple[str, str, tuple[int, int]], ...]
) -> dict[str, Page]:
    """Open each page twice, by its name with its theme."""
    pages = {}
    for name, path, (width, height) in screens:
        for theme in ("light", "dark"):
            size = {"width": width, "height": height}
            page = browser.new_page(viewport=size, color_scheme=theme)
            page.goto(dashboard.url + path)
            pages[f"{name}-{theme}"] = page
    return pages


def _photograph(pages: dict[str, Page], folder: Path) -> None:
    for name, page in pages.items():
        page.bring_to_front()
        page.wait_for_load_state("networkidle")
        page.wait_for_function(_DRAWN)
        page.screenshot(path=folder / f"{name}.png", animations="disabled")


def _paint_some(dashboard: Dashboard) -> None:
    jobs = [dashboard.submit(prompt, 4) for prompt in _FIRST]
    for job in jobs:
        wait_until(lambda job=job: dashboard.job(job)["state"] == "done", 180, "a job is done")
    wait_until(lambda: _state(dashboard)["fleet"]["value"]["ready"] == 0, 60, "no worker is left")


def _busy(dashboard: Dashboard) -> bool:
    state = _state(dashboard)
    both = state["fleet"]["value"]["ready"] == 2
    return both and state["pictures_total"] >= 4 * len(_FIRST) + 6


def _state(dashboard: Dashboard) -> dict:
    return httpx.get(f"{dashboard.url}/api/state").json()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots"))
