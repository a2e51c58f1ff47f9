"""The gallery in Chromium: delays until pictures are visible, and bytes received."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.gallery_bucket import sample_picture
from bench.report import Figure, show
from core.settings import Settings
from tests.support.chromium import ARGUMENTS
from tests.support.conditions import need_program
from tests.support.dashboard_server import Dashboard, running_dashboard
from wire.backends import open_events, open_store
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import picture_name

_ANY_VISIBLE = """() => [...document.querySelectorAll(".tile:not([hidden]) img")]
    .some((image) => image.complete && image.naturalWidth > 0)"""
_IS_VISIBLE = """(name) => [...document.querySelectorAll(".tile:not([hidden])")].some((tile) =>
    tile.dataset.name === name && tile.children[0].complete && tile.children[0].naturalWidth)"""
_IDLE_SECONDS = 20


@dataclass
class Received:
    """Bytes that a page received, by WebSocket and by HTTP."""

    socket: int = 0
    http: int = 0

    def attach(self, devtools: CDPSession) -> None:
        """Start counting."""
        devtools.send("Network.enable")
        devtools.on("Network.webSocketFrameReceived", self._add_frame)
        devtools.on("Network.loadingFinished", self._add_file)

    def clear(self) -> None:
        """Reset the counters."""
        self.socket = self.http = 0

    def _add_frame(self, event: dict) -> None:
        payload = event["response"]["payloadData"]
        binary = event["response"]["opcode"] == 2
        self.socket += len(payload) * 3 // 4 if binary else len(payload)

    def _add_file(self, event: dict) -> None:
        self.http += int(event["encodedDataLength"])


def measure(
    settings: Settings, folder: Path, stored: int, runs: int = 15, pictures: int = 40
) -> None:
    """Open the page of a bucket with `stored` pictures, and store more while it is open."""
    with _dashboard(settings, folder) as dashboard, _chromium() as browser:
        page, received = _open_page(browser, dashboard)
        cold = received.http
        opening = tuple(_seconds_to_first_picture(page, dashboard) for _ in range(runs))
        received.clear()
        page.wait_for_timeout(_IDLE_SECONDS * 1000)
        idle = received.socket / _IDLE_SECONDS / 1024
        received.clear()
        arrivals = _arrivals(page, settings, folder, pictures)
        busy = (received.socket + received.http) / pictures / 1024
    _show(stored, opening, arrivals, cold / 1024, idle, busy)


def _show(
    stored: int,
    opening: tuple[float, ...],
    arrivals: list[float],
    cold: float,
    idle: float,
    busy: float,
) -> None:
    show(
        f"The gallery of {stored:,} pictures in Chromium",
        [
            Figure("page open to first picture, warm", opening, "s"),
            Figure("from stored to visible on an open page", tuple(arrivals), "s"),
            Figure("the same, 95th percentile", (_p95(arrivals),), "s"),
            Figure("files of a first visit, scripts and 24 tiles", (cold,), "kB"),
            Figure("moved per refresh and client, nothing new", (idle,), "kB"),
            Figure("moved per new picture and client, tile included", (busy,), "kB"),
        ],
    )


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


@contextmanager
def _dashboard(settings: Settings, folder: Path) -> Iterator[Dashboard]:
    environment = {
        "MINIO_ENDPOINT": settings.minio_endpoint,
        "MINIO_ACCESS_KEY": settings.minio_access_key.get_secret_value(),
        "MINIO_SECRET_KEY": settings.minio_secret_key.get_secret_value(),
        "MINIO_BUCKET": settings.minio_bucket,
    }
    with running_dashboard(folder, FLEET="none", **environment) as dashboard:
        yield dashboard


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = need_program("chromium", "apt-get install chromium")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def _open_page(browser: Browser, dashboard: Dashboard) -> tuple[Page, Received]:
    """Open the page with an empty cache, and wait until the whole store is listed."""
    context, received = browser.new_context(viewport={"width": 1440, "height": 900}), Received()
    page = context.new_page()
    received.attach(context.new_cdp_session(page))
    page.goto(f"{dashboard.url}/gallery")
    page.wait_for_function(_ANY_VISIBLE)
    page.get_by_text("still listing the store").wait_for(state="detached", timeout=300_000)
    return page, received


def _seconds_to_first_picture(page: Page, dashboard: Dashboard) -> float:
    page.goto("about:blank")
    started = time.perf_counter()
    page.goto(f"{dashboard.url}/gallery", wait_until="commit")
    page.wait_for_function(_ANY_VISIBLE, polling="raf")
    return time.perf_counter() - started


def _arrivals(page: Page, settings: Settings, folder: Path, count: int) -> list[float]:
    """Store pictures as a worker does; return the seconds until each is visible."""
    store = open_store(settings)
    events = open_events(settings.model_copy(update={"data_dir": folder}))
    seconds = []
    for number in range(count):
        job = new_job(JobRequest(prompt=f"arrival {number}"))
        name = picture_name(job.id, 0)
        events.publish(Event(kind="received", job_id=job.id, job=job))
        store.put(name, sample_picture(number), "image/png")
        started = time.perf_counter()
        events.publish(Event(kind="stored", job_id=job.id, picture=0, name=name))
        page.wait_for_function(_IS_VISIBLE, arg=name, polling="raf")
        seconds.append(time.perf_counter() - started)
        page.wait_for_timeout(137 + 173 * number % 1000)  # at varying offsets to the refresh
    return seconds
