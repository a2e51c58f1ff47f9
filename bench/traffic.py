"""The bytes that pages cost in Chromium: on the first visit, and while nothing happens."""

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.sync_api import Browser, CDPSession, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.support.chromium import ARGUMENTS
from tests.support.conditions import need_program
from tests.support.dashboard_server import Dashboard, running_dashboard

_PAGES = ("", "gallery", "fleet", "jobs", "present", "recordings")
_SETTLE_SECONDS, _IDLE_SECONDS = 4.0, 20.0


@dataclass
class Traffic:
    """Bytes of a page: of its files as they were sent, and of WebSocket messages."""

    devtools: CDPSession
    files: int = 0
    messages: dict[str, int] = field(default_factory=dict)
    """By the event of DevTools that reports them: those received, and those sent."""

    def attach(self) -> None:
        """Start counting."""
        self.devtools.send("Network.enable")
        self.devtools.on("Network.loadingFinished", self._add_file)
        for name in ("webSocketFrameReceived", "webSocketFrameSent"):
            self.messages[name] = 0
            self.devtools.on(f"Network.{name}", lambda event, name=name: self._add(name, event))

    def _add_file(self, event: dict) -> None:
        self.files += int(event["encodedDataLength"])

    def _add(self, name: str, event: dict) -> None:
        self.messages[name] += len(event["response"]["payloadData"]) * 3 // 4  # of base64


@dataclass(frozen=True)
class Cost:
    """What a page costs, in bytes and in the share of a core."""

    first_visit: int
    received: float
    sent: float
    """Each second."""
    cpu: float
    """The server's processor time for one idle page, with that of its own sampling."""


def main() -> None:
    """Measure each page of a dashboard without jobs."""
    table = Table("page", "first visit", "received", "sent", "of the server's core")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_dashboard(Path(folder), FLEET="local") as dashboard,
        sync_playwright() as playwright,
    ):
        path = need_program("chromium", "apt-get install chromium")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for page in _PAGES:
            cost = _measure(browser, dashboard, page)
            table.add_row(
                page or "studio",
                f"{cost.first_visit / 1e6:.2f} MB",
                f"{cost.received / 1e3:.2f} kB/s",
                f"{cost.sent / 1e3:.2f} kB/s",
                f"{cost.cpu:.1%}",
            )
        browser.close()
    Console().print(table)


def _measure(browser: Browser, dashboard: Dashboard, path: str) -> Cost:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    traffic = Traffic(context.new_cdp_session(page))
    traffic.attach()
    page.goto(f"{dashboard.url}/{path}")
    page.wait_for_timeout(_SETTLE_SECONDS * 1000)
    first_visit = traffic.files + sum(traffic.messages.values())
    before, began, cpu = dict(traffic.messages), time.monotonic(), _cpu_seconds(dashboard)
    page.wait_for_timeout(_IDLE_SECONDS * 1000)
    seconds, busy = time.monotonic() - began, _cpu_seconds(dashboard) - cpu
    received, sent = ((traffic.messages[name] - before[name]) / seconds for name in before)
    context.close()
    return Cost(first_visit, received, sent, busy / seconds)


def _cpu_seconds(dashboard: Dashboard) -> float:
    times = psutil.Process(dashboard.process.pid).cpu_times()
    return times.user + times.system
