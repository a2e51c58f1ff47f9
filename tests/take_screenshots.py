"""Take the pictures of README and docs from a real run: `python -m tests.take_screenshots`."""

import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

from tests.browser.studio_page import StudioPage
from tests.chromium import ARGUMENTS
from tests.conditions import need_program, wait_until
from tests.dashboard_server import Dashboard, running_dashboard

_FIRST = ("cartoon dwarf", "yellow submarine", "cat at night", "castle in snow")
_SCREENS = (
    # name, width, height, theme
    ("studio-light", 1440, 900, "light"),
    ("studio-dark", 1440, 900, "dark"),
    ("studio-phone", 390, 844, "dark"),
)


def main(folder: Path) -> None:
    """Let two workers paint, come back to zero, meet a burst; photograph that."""
    folder.mkdir(parents=True, exist_ok=True)
    path = need_program("chromium", "apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as data_dir,
        running_dashboard(Path(data_dir), FLEET="local", COOLDOWN_PERIOD="4") as dashboard,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        _paint_some(dashboard)
        studios = {name: _open(browser, dashboard, *screen) for name, *screen in _SCREENS}
        first = studios["studio-light"]
        first.page.get_by_role("button", name="Burst of 20").click()
        wait_until(lambda: _busy(dashboard), 60, "both workers paint the burst")
        for name, studio in studios.items():
            studio.page.screenshot(path=folder / f"{name}.png")
        _photograph_details(first, folder / "picture-details.png")


def _open(browser: Browser, dashboard: Dashboard, width: int, height: int, theme: str):
    size = {"width": width, "height": height}
    page = browser.new_page(viewport=size, color_scheme=theme)
    page.goto(dashboard.url)
    return StudioPage(page)


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


def _photograph_details(studio: StudioPage, file: Path) -> None:
    studio.tiles.first.click()
    studio.dialog.get_by_text("Painting").wait_for()
    studio.page.screenshot(path=file)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots"))
