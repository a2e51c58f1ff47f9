"""A real dashboard process for tests, with its own port and data folder."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.conditions import HANG_TIMEOUT, wait_until

_ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "dashboard")
_FIRST_PORT = 21000  # below those that Linux gives to outgoing connections
_PORTS_PER_PROCESS = 50
_UNSET = ("RABBITMQ_URL", "MINIO_ENDPOINT", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY")


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    log: Path

    def submit(self, prompt: str, count: int = 1) -> str:
        """Submit a job over HTTP; return its id."""
        fields = {"prompt": prompt, "count": count}
        answer = httpx.post(f"{self.url}/api/jobs", json=fields, timeout=HANG_TIMEOUT)
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["id"]
        return job_id

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job's state."""
        answer = httpx.get(f"{self.url}/api/jobs/{job_id}", timeout=HANG_TIMEOUT)
        job: dict[str, Any] = answer.json()
        return job


@contextmanager
def running_dashboard(data_dir: Path, **environment: str) -> Iterator[Dashboard]:
    """Start a dashboard with these settings over the defaults; stop it in the end."""
    port = int(environment.get("PORT") or _lowest_free_port())
    log = data_dir / "dashboard.log"
    data_dir.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*COMMAND, "--server.address", "127.0.0.1"],
            cwd=_ROOT,
            # An empty value overrides a developer's own .env.
            env=os.environ
            | dict.fromkeys(_UNSET, "")
            | {"DATA_DIR": str(data_dir), "PORT": str(port)}
            | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that remaining processes can be killed as one group
        )
    started = Dashboard(f"http://127.0.0.1:{port}", data_dir, process, log)
    try:
        wait_until(lambda: _answers(started), what="the dashboard answers")
        yield started
    finally:
        stop(process)


def _lowest_free_port() -> int:
    """Return a port that the previous dashboard of this test process may have had.

    A browser has the scripts of that address in its cache.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = _FIRST_PORT + process * _PORTS_PER_PROCESS
    return next(port for port in range(first, first + _PORTS_PER_PROCESS) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def _answers(dashboard: Dashboard) -> bool:
    assert dashboard.process.poll() is None, dashboard.log.read_text()
    try:
        return httpx.get(f"{dashboard.url}/healthz", timeout=HANG_TIMEOUT).status_code == 200
    except httpx.TransportError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Send SIGTERM to a dashboard, then kill what remains of it."""
    process.terminate()
    try:
        process.wait(HANG_TIMEOUT)
    finally:
        with suppress(ProcessLookupError):  # nothing remains, as it should be
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def start_dashboard(tmp_path: Path) -> Iterator[Callable[..., Dashboard]]:
    """Start dashboards with given settings: ``start_dashboard(FLEET="local")``."""
    with ExitStack() as stack:

        def start(**environment: str) -> Dashboard:
            return stack.enter_context(running_dashboard(tmp_path / "data", **environment))

        yield start


@pytest.fixture
def dashboard(start_dashboard: Callable[..., Dashboard]) -> Dashboard:
    """Start a dashboard on SQLite and a folder; tests act as its workers."""
    return start_dashboard(FLEET="none")
