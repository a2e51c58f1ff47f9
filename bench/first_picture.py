"""Seconds from `make demo` to the page, and from a request to its picture."""

import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from bench.report import Figure, show
from tests.support.conditions import free_port, wait_until

_FINISHED = {"done", "failed", "cancelled"}


def main(runs: int = 3) -> None:
    """Start the demo with an empty folder, and submit two jobs; repeat."""
    rows = [_one_run() for _ in range(runs)]
    names = (
        "`make demo` to a page that answers",
        "submit to picture, no worker running",
        "submit to picture, worker running",
    )
    figures = [Figure(name, tuple(row[i] for row in rows), "s") for i, name in enumerate(names)]
    show("From a command to a picture", figures)


def _one_run() -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as folder, _demo(folder) as (address, page):
        cold = _seconds_to_picture(address)
        warm = _seconds_to_picture(address)
    return page, cold, warm


@contextmanager
def _demo(folder: str) -> Iterator[tuple[str, float]]:
    port = free_port()
    environment = os.environ | {"PORT": str(port), "DATA_DIR": folder}
    start = time.monotonic()
    process = subprocess.Popen(
        ["make", "demo"], env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(address), 60, "the page answers")
        yield address, time.monotonic() - start
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=90)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _seconds_to_picture(address: str) -> float:
    start = time.monotonic()
    body = json.dumps({"prompt": "cartoon dwarf", "count": 1}).encode()
    job = _json(
        urllib.request.Request(address + "/api/jobs", body, {"Content-Type": "application/json"})
    )
    wait_until(lambda: _json(address + job["url"])["state"] in _FINISHED, 120, "the job ends")
    picture = _json(address + job["url"])["pictures"][0]
    with urllib.request.urlopen(address + picture, timeout=5) as response:
        response.read()
    return time.monotonic() - start


def _json(request: str | urllib.request.Request) -> dict:
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)
