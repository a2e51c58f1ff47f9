"""Take the pictures of README and docs: `python -m tools.take_screenshots`.

Those of a single machine come from a live run, those with GPU nodes and the animation from the
bundled recording of a run with a real KEDA.
"""

import sys
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

from dashboard.components.compare.links import address as compare_address
from dashboard.recordings.folder import BUNDLED
from tests.support.browser.studio_page import StudioPage
from tests.support.chromium import ARGUMENTS
from tests.support.conditions import HANG_TIMEOUT, need_program, wait_until
from tests.support.dashboard_server import Dashboard, running_dashboard
from tools.screenshots import animation
from tools.screenshots.pages import Screen, capture, open_pages, write

_PEAK_SECONDS = 68
"""Position in the recording with all workers and nodes, and many stored pictures."""
_PEAK_FRAME = round(animation.FRAMES * 0.58)
_WORKERS = 4
_FIRST_PROMPTS = ("cartoon dwarf", "yellow submarine", "cat at night", "castle in snow")
_MATRIX = "{red|yellow|purple} {castle|robot|fish} at night"
_NINE_PICTURES = "() => document.querySelectorAll('table.grid button img').length === 9"
_BURST_PROMPTS = (*_FIRST_PROMPTS, "green dog in a meadow", "pink flower", "robot in the city")
_PICTURES_OF_THE_BURST = 16
"""Per request: enough that workers generate until the last page is captured."""
_LOW: ViewportSize = {"width": 1440, "height": 500}
_WIDE: ViewportSize = {"width": 1440, "height": 900}
_TALL: ViewportSize = {"width": 1440, "height": 975}
_LONG: ViewportSize = {"width": 1440, "height": 1250}
_PHONE: ViewportSize = {"width": 390, "height": 844}
_STAGE: ViewportSize = {"width": 1280, "height": 720}
_CHART, _TILE = ".js-plotly-plot .annotation", ".tile img"
_LIVE = (
    Screen("studio", "/", _WIDE, _CHART),
    Screen("studio-phone", "/", _PHONE, _CHART),
    Screen("gallery", "/gallery", _WIDE, _TILE),
    Screen("join-phone", "/join", _PHONE),
    Screen("remote-phone", "/remote", _PHONE, ".st-key-remote_next"),
    Screen("recordings", "/recordings", _LOW, ".st-key-account"),
    Screen("api", "/api/docs", _WIDE),
)
_REPLAYED = (
    Screen("cluster", "/", _TALL, _CHART),
    Screen("fleet", "/fleet", _TALL, ".fleet-map"),
    Screen("tune", "/tune?arrivals=Recording", _LONG, ".outcomes"),
    Screen("jobs", "/jobs", _WIDE, ".st-key-account"),
    Screen("present", "/present", _STAGE, _CHART),
)
_ANIMATED = Screen("scaling", "/present", _STAGE, _CHART)


def main(folder: Path) -> None:
    """Take a picture of every page, light and dark, and the animation."""
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
        matrix = _generate_matrix(browser, dashboard)
        wait_until(partial(_has_workers, dashboard, 0), what="all workers have stopped")
        pages = open_pages(browser, dashboard.url, _LIVE)
        pages["remote-phone-light"].get_by_role("button", name="Begin").click()
        _send_burst(StudioPage(pages["studio-light"]), dashboard)
        capture(pages, folder)
        details = open_pages(browser, dashboard.url, [Screen("picture-details", "/", _WIDE, _TILE)])
        _open_first_picture(details.values())
        capture(details, folder)
        capture(open_pages(browser, dashboard.url, matrix), folder)


def _generate_matrix(browser: Browser, dashboard: Dashboard) -> tuple[Screen, ...]:
    """Generate a prompt matrix; return its grid, and the comparison of two of its pictures."""
    studio = StudioPage(open_pages(browser, dashboard.url, [_LIVE[0]])["studio-light"])
    studio.page.get_by_role("slider", name="Pictures").press("Home")
    studio.generate(_MATRIX)
    studio.page.get_by_role("button", name="Send 9 requests").click()
    studio.page.get_by_role("button", name="Open the grid").click()
    studio.page.wait_for_function(_NINE_PICTURES)
    grid = studio.page.url.removeprefix(dashboard.url)
    left, right = _pictures_of(dashboard, "red castle"), _pictures_of(dashboard, "purple castle")
    studio.page.close()
    return (
        Screen("grid", grid, _WIDE, "table.grid button img"),
        Screen("compare", f"/{compare_address(left, right)}", _TALL, "img"),
    )


def _pictures_of(dashboard: Dashboard, words: str) -> str:
    """Return the name of the newest picture with these words in its prompt."""
    found = wait_until(
        lambda: httpx.get(
            f"{dashboard.url}/api/v1/pictures", params={"q": words}, timeout=HANG_TIMEOUT
        ).json()["pictures"],
        what=f"a picture of a {words}",
    )
    return str(found[0]["name"])


def _send_burst(studio: StudioPage, dashboard: Dashboard) -> None:
    """Send many requests, and wait until all workers generate and some pictures are there."""
    studio.page.get_by_role("button", name="Burst of 20").click()
    for prompt in _BURST_PROMPTS:
        dashboard.submit(prompt, _PICTURES_OF_THE_BURST)
    wait_until(partial(_has_workers, dashboard, _WORKERS), what="all workers are ready")
    wait_until(partial(_has_pictures, dashboard, 57), what="pictures of the burst")


def _open_first_picture(pages: Iterable[Page]) -> None:
    for page in pages:
        studio = StudioPage(page)
        studio.tiles.first.click()
        studio.dialog.get_by_role("link", name="Download").wait_for()


def _capture_replay(browser: Browser, folder: Path) -> None:
    """Pause the bundled recording at its peak and capture that, then animate all of it."""
    with (
        tempfile.TemporaryDirectory() as data_dir,
        running_dashboard(Path(data_dir), REPLAY=str(BUNDLED)) as dashboard,
    ):
        position = _pause_at(_PEAK_SECONDS, browser, dashboard)
        pages = open_pages(browser, dashboard.url, _REPLAYED)
        _find_settings([page for name, page in pages.items() if name.startswith("tune")])
        capture(pages, folder)
        stages = open_pages(browser, dashboard.url, [_ANIMATED])
        for name, frames in animation.frames(stages, position).items():
            animation.write(frames, folder / f"{name}-animation.webp")
            write(frames[_PEAK_FRAME], folder / f"{name}.webp")


def _find_settings(pages: Iterable[Page]) -> None:
    for page in pages:
        page.get_by_label("Cheapest with p95 under").fill("40")
        page.get_by_role("button", name="Find").click()
        page.get_by_text("The cheapest under 40 s").wait_for()
        page.locator(".patch pre").wait_for()


def _pause_at(seconds: float, browser: Browser, dashboard: Dashboard) -> Locator:
    """Pause the replay at a position; return the slider that moves it."""
    page = browser.new_page()
    page.set_default_timeout(HANG_TIMEOUT * 1000)
    page.goto(dashboard.url)
    bar = page.locator(".replay-bar")
    bar.get_by_role("button", name="Pause").click()
    bar.get_by_role("button", name="Play", exact=True).wait_for()
    before = _state(dashboard)["at"]
    position = bar.get_by_role("slider", name="Position")
    position.fill(str(seconds))
    wait_until(lambda: _state(dashboard)["at"] > before, what="the replay has moved")
    return position


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
