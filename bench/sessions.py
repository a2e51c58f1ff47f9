"""How many browser sessions one core holds: ours, and the same page with per-session polling."""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil
from rich.console import Console
from rich.table import Table

from bench.browser_session import Traffic, watch
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.conditions import free_port, wait_until
from wire.messages.job import JobRequest, new_job
from wire.queues.sqlite import SqliteQueue

_WITHIN = 0.3
"""Seconds within which 95 of 100 refreshes must end."""
_STEPS = (10, 25, 50, 100, 150, 200)
_SETTLE, _MEASURE = 5.0, 20.0
"""Seconds before and during which a number of sessions is measured."""
_PICTURES = 40


@dataclass(frozen=True)
class Load:
    """What some sessions at once saw."""

    sessions: int
    p50: float
    p95: float
    """Seconds of a refresh."""
    kilobytes: float
    """Per refresh and session."""
    core: float
    """Share of the server's core."""

    @property
    def held(self) -> bool:
        """Whether the page was still live for all."""
        return self.p95 < _WITHIN


def main() -> None:
    """Measure both on one core each, in one run; more sessions until they are too many."""
    ours = _measure("dashboard/server.py")
    theirs = _measure("bench/polling_server.py", "--runner.postScriptGC", "true")
    _show("This dashboard", ours)
    _show("The same page, polling in each session, with Streamlit's defaults", theirs)
    Console().print(f"Sessions held on one core: {_held(ours)} against {_held(theirs)}\n")


def _held(loads: list[Load]) -> int:
    return max((load.sessions for load in loads if load.pending_approval), default=0)


def _measure(*server: str) -> list[Load]:
    loads: list[Load] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        _on_one_core(folder, *server) as (process, url),
        _painting(Path(folder)),
    ):
        for sessions in _STEPS:
            loads.append(asyncio.run(_load(process, url, sessions)))
            if not loads[-1].pending_approval:
                break
    return loads


@contextmanager
def _on_one_core(folder: str, *server: str) -> Iterator[tuple[psutil.Process, str]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", *server, "--server.port", str(port)],
        env=os.environ | {"DATA_DIR": folder, "FLEET": "none", "RABBITMQ_URL": ""},
    )
    running = psutil.Process(process.pid)
    running.cpu_affinity(running.cpu_affinity()[:1])
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url), 60, "the dashboard answers")
        yield running, url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(f"{url}/healthz", timeout=2).status == 200
    except OSError:
        return False


@contextmanager
def _painting(folder: Path) -> Iterator[None]:
    """Keep the page busy: some pictures to begin with, then a job each second."""
    queue, worker, ended = SqliteQueue(folder), ScriptedWorker(folder), threading.Event()

    def generate(count: int) -> None:
        queue.publish(new_job(JobRequest(prompt="yellow submarine in the sea", count=count)))
        worker.generate()

    def go_on() -> None:
        while not ended.wait(1):
            generate(1)

    for _ in range(_PICTURES // 4):
        generate(4)
    painter = threading.Thread(target=go_on)
    painter.start()
    try:
        yield
    finally:
        ended.set()
        painter.join()
        worker.close()
        queue.close()


async def _load(process: psutil.Process, url: str, sessions: int) -> Load:
    """Open so many sessions, let them settle, and measure."""
    traffic, opened = Traffic(), [asyncio.Event() for _ in range(sessions)]
    phases = Random(sessions)
    watching = [asyncio.create_task(watch(url, traffic, each, phases.random())) for each in opened]
    opening = asyncio.gather(*(each.wait() for each in opened))
    await asyncio.wait([opening, *watching], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(_SETTLE)
    traffic.clear()
    before = _seconds_of_core(process)
    await asyncio.sleep(_MEASURE)
    core = (_seconds_of_core(process) - before) / _MEASURE
    for each in watching:
        each.cancel()
    for ended in await asyncio.gather(*watching, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError):
            raise ended
    return _summary(sessions, traffic, core)


def _summary(sessions: int, traffic: Traffic, core: float) -> Load:
    cuts = statistics.quantiles(traffic.refreshes, n=20)
    kilobytes = traffic.received / len(traffic.refreshes) / 1000
    return Load(sessions, cuts[9], cuts[18], kilobytes, core)


def _seconds_of_core(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


def _show(title: str, loads: list[Load]) -> None:
    table = Table("sessions", "p50", "p95", "KB a refresh", "of the core", title=title)
    for load in loads:
        table.add_row(
            str(load.sessions),
            f"{load.p50 * 1000:.0f} ms",
            f"{load.p95 * 1000:.0f} ms",
            f"{load.kilobytes:.1f}",
            f"{load.core:.0%}",
        )
    Console().print(table)
