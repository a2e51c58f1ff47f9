"""Browser sessions that one core serves, compared with the same page with per-session polling."""

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

_MAX_P95_SECONDS = 0.3
"""Limit of the 95th percentile of refreshes."""
_STEPS = (10, 25, 50, 100, 150, 200)
_SETTLE_SECONDS, _MEASURE_SECONDS = 5.0, 20.0
_PICTURES = 40


@dataclass(frozen=True)
class Load:
    """Measurements of a number of concurrent sessions."""

    sessions: int
    p50: float
    p95: float
    """Seconds of a refresh."""
    kilobytes: float
    """Per refresh and session."""
    cpu: float
    """Share of the server's core."""

    @property
    def acceptable(self) -> bool:
        """Whether refreshes were quick enough."""
        return self.p95 < _MAX_P95_SECONDS


def main() -> None:
    """Measure both on one core, with more sessions until refreshes are too slow."""
    ours = _measure("dashboard/server.py")
    theirs = _measure("bench/polling_server.py", "--runner.postScriptGC", "true")
    _show("This dashboard", ours)
    _show("The same page, polling in each session, with Streamlit's defaults", theirs)
    Console().print(
        f"Sessions on one core: {_max_sessions(ours)}, baseline {_max_sessions(theirs)}\n"
    )


def _max_sessions(loads: list[Load]) -> int:
    return max((load.sessions for load in loads if load.acceptable), default=0)


def _measure(*server: str) -> list[Load]:
    loads: list[Load] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        _on_one_core(folder, *server) as (process, url),
        _continuous_jobs(Path(folder)),
    ):
        for sessions in _STEPS:
            loads.append(asyncio.run(_load(process, url, sessions)))
            if not loads[-1].acceptable:
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
def _continuous_jobs(folder: Path) -> Iterator[None]:
    """Store pictures first, then generate a job each second."""
    queue, worker, stopped = SqliteQueue(folder), ScriptedWorker(folder), threading.Event()

    def generate(count: int) -> None:
        queue.publish(new_job(JobRequest(prompt="yellow submarine in the sea", count=count)))
        worker.generate()

    def generate_continuously() -> None:
        while not stopped.wait(1):
            generate(1)

    for _ in range(_PICTURES // 4):
        generate(4)
    thread = threading.Thread(target=generate_continuously)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        worker.close()
        queue.close()


async def _load(process: psutil.Process, url: str, sessions: int) -> Load:
    """Open the sessions, let them settle, and measure."""
    traffic, opened_events = Traffic(), [asyncio.Event() for _ in range(sessions)]
    phases = Random(sessions)
    tasks = [
        asyncio.create_task(watch(url, traffic, opened, phases.random()))
        for opened in opened_events
    ]
    opening = asyncio.gather(*(opened.wait() for opened in opened_events))
    await asyncio.wait([opening, *tasks], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(_SETTLE_SECONDS)
    traffic.clear()
    before = _cpu_seconds(process)
    await asyncio.sleep(_MEASURE_SECONDS)
    cpu = (_cpu_seconds(process) - before) / _MEASURE_SECONDS
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
    return _summarize(sessions, traffic, cpu)


def _summarize(sessions: int, traffic: Traffic, cpu: float) -> Load:
    cuts = statistics.quantiles(traffic.refreshes, n=20)
    kilobytes = traffic.received / len(traffic.refreshes) / 1000
    return Load(sessions, cuts[9], cuts[18], kilobytes, cpu)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _show(title: str, loads: list[Load]) -> None:
    table = Table("sessions", "p50", "p95", "KB per refresh", "of the core", title=title)
    for load in loads:
        table.add_row(
            str(load.sessions),
            f"{load.p50 * 1000:.0f} ms",
            f"{load.p95 * 1000:.0f} ms",
            f"{load.kilobytes:.1f}",
            f"{load.cpu:.0%}",
        )
    Console().print(table)
