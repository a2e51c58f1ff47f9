"""Take the screenshots of README and docs: `python -m tools.take_screenshots`.

Those of a single machine come from a live run, those with GPU nodes from the bundled recording of
a run with a real KEDA.
"""

import sys
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.support.browser.studio_page import StudioPage
from tests.support.chromium import ARGUMENTS
from tests.support.conditions import HANG_TIMEOUT, need_program, wait_until
from tests.support.dashboard_server import Dashboard, running_dashboard

Screen = tuple[str, str, ViewportSize]
"""Name of the file, path of the page, size of the browser window."""

_RECORDING = Path("dashboard/recordings/bundled/talk.jsonl")
_PEAK_SECONDS = 68
"""Position in the recording with all workers and nodes, and many stored pictures."""
_WORKERS = 4
_FIRST_PROMPTS = ("cartoon dwarf", "yellow submarine", "cat at night", "castle in snow")
_BURST_PROMPTS = (*_FIRST_PROMPTS, "green dog in a meadow", "pink flower", "robot in the city")
_PICTURES_OF_THE_BURST = 8
"""Per request: enough that every worker is ready before the queue is empty."""
_WIDE: ViewportSize = {"width": 1440, "height": 900}
_TALL: ViewportSize = {"width": 1440, "height": 1000}
_LONG: ViewportSize = {"width": 1440, "height": 1350}
_PHONE: ViewportSize = {"width": 390, "height": 844}
_PROJECTOR: ViewportSize = {"width": 1920, "height": 1080}
_LIVE: tuple[Screen, ...] = (
    ("live", "/", _TALL),
    ("studio", "/", _WIDE),
    ("studio-phone", "/", _PHONE),
    ("gallery", "/gallery", _WIDE),
    ("join", "/join", _PHONE),
    ("recordings", "/recordings", _WIDE),
)
_REPLAYED: tuple[Screen, ...] = (
    ("cluster", "/", _TALL),
    ("fleet", "/fleet", _WIDE),
    ("tune", "/tune?arrivals=Recording", _LONG),
    ("jobs", "/jobs", _WIDE),
    ("present", "/present", _PROJECTOR),
)

_IS_DRAWN = """() => !document.querySelector(".stApp:not([data-test-script-state=notRunning])")
  && [...document.images].every((image) => !image.checkVisibility() || image.naturalWidth > 0)"""


def main(folder: Path) -> None:
    """Take a screenshot of every page, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    path = need_program("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        _capture_live_run(browser, folder)
        _capture_replay(browser, folder)


def _capture_live_run(browser: Browser, folder: Path) -> None:
    """Scale from zero and back, then capture a burst while all workers generate."""
    fleet = {"FLEET": "local", "MAX_WORKERS": str(_WORKERS), "COOLDOWN_PERIOD": "4"}
    with (
        tempfile.TemporaryDirectory() as data_dir,
        running_dashboard(Path(data_dir), **fleet) as dashboard,
    ):
        _generate(dashboard, _FIRST_PROMPTS)
        wait_until(partial(_has_workers, dashboard, 0), what="all workers have stopped")
        pages = _open_all(browser, dashboard, _LIVE)
        studio = StudioPage(pages["studio-light"])
        studio.page.get_by_role("button", name="Burst of 20").click()
        for prompt in _BURST_PROMPTS:
            dashboard.submit(prompt, _PICTURES_OF_THE_BURST)
        wait_until(partial(_has_workers, dashboard, _WORKERS), what="all workers are ready")
        wait_until(partial(_has_pictures, dashboard, 48), what="pictures of the burst")
        _capture(pages, folder)
        studio.tiles.first.click()
        studio.dialog.get_by_role("link", name="Download").wait_for()
        studio.page.screenshot(path=folder / "picture-details.png")


def _capture_replay(browser: Browser, folder: Path) -> None:
    """Pause the bundled recording at its peak and capture that."""
    with (
        tempfile.TemporaryDirectory() as data_dir,
        running_dashboard(Path(data_dir), REPLAY=str(_RECORDING)) as dashboard,
    ):
        _pause_at(_PEAK_SECONDS, browser, dashboard)
        _capture(_open_all(browser, dashboard, _REPLAYED), folder)


def _pause_at(seconds: float, browser: Browser, dashboard: Dashboard) -> None:
    page = browser.new_page()
    page.set_default_timeout(HANG_TIMEOUT * 1000)
    page.goto(dashboard.url)
    bar = page.locator(".replay-bar")
    bar.get_by_role("button", name="Pause").click()
    bar.get_by_role("button", name="Play", exact=True).wait_for()
    before = _state(dashboard)["at"]
    bar.get_by_role("slider", name="Position").fill(str(seconds))
    wait_until(lambda: _state(dashboard)["at"] > before, what="the replay has moved")
    page.close()


def _open_all(browser: Browser, dashboard: Dashboard, screens: Iterable[Screen]) -> dict[str, Page]:
    """Open each page in both themes; return them by the names of their files."""
    pages = {}
    for name, path, viewport in screens:
        for theme in ("light", "dark"):
            page = browser.new_page(viewport=viewport, color_scheme=theme)
            page.set_default_timeout(HANG_TIMEOUT * 1000)
            page.goto(dashboard.url + path)
            pages[f"{name}-{theme}"] = page
    return pages


def _capture(pages: dict[str, Page], folder: Path) -> None:
    for name, page in pages.items():
        page.bring_to_front()
        page.wait_for_load_state("networkidle")
        page.wait_for_function(_IS_DRAWN)
        page.screenshot(path=folder / f"{name}.png", animations="disabled")


def _generate(dashboard: Dashboard, prompts: Iterable[str]) -> None:
    for job_id in [dashboard.submit(prompt, 4) for prompt in prompts]:
        wait_until(partial(_is_done, dashboard, job_id), what=f"job {job_id} is done")


def _is_done(dashboard: Dashboard, job_id: str) -> bool:
    return bool(dashboard.job(job_id)["state"] == "done")


def _has_workers(dashboard: Dashboard, count: int) -> bool:
    fleet = _state(dashboard)["fleet"]["value"]
    return fleet is not None and fleet["ready"] == count


def _has_pictures(dashboard: Dashboard, count: int) -> bool:
    return bool(_state(dashboard)["pictures_total"] >= count)


def _state(dashboard: Dashboard) -> Any:
    return httpx.get(f"{dashboard.url}/api/state", timeout=HANG_TIMEOUT).json()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots"))
