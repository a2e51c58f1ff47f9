"""`python -m dashboard`: errors at the start are sentences that name a solution."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from streamlit.web import cli

from core.data_dir import check_data_dir
from core.errors import SettingsError
from core.settings import Settings
from dashboard import start
from dashboard.routes.connections import BoundedProtocol
from tests.support.conditions import free_port, wait_until

ROOT = Path(__file__).parents[2]


def test_port_in_use_suggests_another():
    """The error of a second dashboard contains the command with another port."""
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"Port {port} .* PORT={port + 1} make demo"):
            start.check_port(port)


def test_free_port_is_accepted():
    """A free port raises no error."""
    start.check_port(free_port())


def test_full_disk_stops_the_start(tmp_path, monkeypatch):
    """The error names the free space, and that nothing was deleted."""
    usage = namedtuple("usage", "total used free")(10**12, 10**12, 5 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SettingsError, match=r"Only 5 MB are free .* Nothing was deleted"):
        check_data_dir(tmp_path)


def test_unusable_data_folder_is_named(tmp_path):
    """The error of a DATA_DIR below a file contains its path."""
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "data"
    with pytest.raises(SettingsError, match=f"DATA_DIR {folder} cannot be used"):
        check_data_dir(folder)


def test_invalid_setting_ends_the_command_without_a_stack_trace(tmp_path):
    """The command exits with 1 and one line."""
    ended = subprocess.run(
        [sys.executable, "-m", "dashboard"],
        cwd=ROOT,
        env={"PORT": "abc", "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr == "PORT in the environment should be a valid integer.\n"


def test_invalid_recording_ends_the_command_without_a_stack_trace(tmp_path):
    """The error of `make replay` names the file and the reason."""
    ended = subprocess.run(
        [sys.executable, "-m", "dashboard"],
        cwd=ROOT,
        env={"PORT": str(free_port()), "DATA_DIR": str(tmp_path), "REPLAY": "Makefile"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr == "Makefile is not a recording: its first line is no header.\n"


def test_ctrl_c_exits_with_success(tmp_path):
    """The last line confirms that everything is kept, and the exit code is 0."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard"],
        cwd=ROOT,
        env=os.environ | {"PORT": str(port), "DATA_DIR": str(tmp_path), "FLEET": "none"},
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: _answers(port), 60, "the dashboard answers")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output.endswith("Stopped. The queue and the pictures are kept.\n")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").is_success
    except httpx.TransportError:
        return False


SIGNAL_AT_THE_FIRST_LIBRARY = """
import os, runpy, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Finder())
runpy.run_module("dashboard", run_name="__main__", alter_sys=True)
"""


def test_sigterm_during_imports_ends_the_process():
    """Process 1 of a container ignores unhandled signals, so a handler is installed first."""
    done = subprocess.run(
        [sys.executable, "-c", SIGNAL_AT_THE_FIRST_LIBRARY], cwd=ROOT, check=False
    )
    assert done.returncode == 0


@pytest.fixture
def served(tmp_path) -> Iterator[str]:
    """Run the dashboard without a proxy; yield its URL."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "--server.address", "127.0.0.1"],
        cwd=ROOT,
        env=os.environ | {"PORT": str(port), "DATA_DIR": str(tmp_path), "FLEET": "none"},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _answers(port), 60, "the dashboard answers")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def test_program_of_this_machine_cannot_invent_clients(served):
    """Without TRUSTED_PROXIES, not even a local connection may name another client."""
    answers = [
        httpx.post(
            f"{served}/join",
            data={"prompt": "a cat"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
        for number in range(4)
    ]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]


@pytest.mark.parametrize(("host", "status"), [("localhost:8501", 101), ("evil.example", 403)])
def test_session_of_a_rebound_name_is_refused(served, host, status):
    """The server itself refuses a WebSocket and a job under a name that is not its own."""
    upgrade = {
        "Host": host,
        "Origin": f"http://{host}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    with httpx.stream("GET", f"{served}/_stcore/stream", headers=upgrade) as answer:
        assert answer.status_code == status
    fields = {"prompt": "a cat"}
    job = httpx.post(f"{served}/api/jobs", json=fields, headers={"Host": host})
    assert job.status_code == (202 if status == 101 else 403)


def test_web_server_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """Streamlit configures its server with this project's bounds, for which it has no options."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")
    monkeypatch.setattr(uvicorn, "Config", uvicorn.Config)
    monkeypatch.setattr(cli, "main", lambda *_, **__: None)
    start._serve(Settings(_env_file=None))
    config = uvicorn.Config("dashboard.server:app")
    assert config.http.func is BoundedProtocol
    assert config.backlog < config.http.keywords["open_connections"].maximum
