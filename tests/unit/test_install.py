"""Locked installs: what the lock files hold, and which build of PyTorch is chosen."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools.install import answers, choose_build
from tools.lock import cuda_build, parse

ROOT = Path(__file__).parents[2]
LOCKS = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.lock"), *ROOT.glob("*/*.lock")])
TORCH_LOCK = (ROOT / "worker" / "torch.lock").read_text()


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_every_locked_package_has_version_and_hash(lock: Path) -> None:
    """No file is installed that the lock does not know, and no lock names a host."""
    text = (ROOT / lock).read_text()
    packages = parse(text)
    assert packages
    for package in packages:
        assert re.match(r"[a-z0-9-]+==[a-z0-9.+]+( ; .+)? \\\n    --hash=sha256:", package.text)
    assert "://" not in text


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock.stem == "requirements"], ids=str)
def test_locks_hold_what_the_short_lists_name(lock: Path) -> None:
    """A changed requirements.txt without `make lock` is found before somebody installs."""
    locked = {package.text.split()[0] for package in parse((ROOT / lock).read_text() + TORCH_LOCK)}
    assert set(named_in(ROOT / lock.with_suffix(".txt"))) <= locked


def named_in(requirements: Path) -> Iterator[str]:
    for line in requirements.read_text().splitlines():
        if line.startswith("-r "):
            yield from named_in(requirements.parent / line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            yield line


def test_locks_agree() -> None:
    """A package has the same version in each lock, so tests run what the images install."""
    entries = {
        (package.name, package.marker, package.text.split()[0])
        for lock in LOCKS
        for package in parse((ROOT / lock).read_text())
    }
    assert len({(name, marker) for name, marker, _ in entries}) == len(entries)


def test_only_pytorchs_lock_holds_cuda() -> None:
    """A worker with the CPU build of PyTorch installs none of CUDA's packages."""
    names = {package.name for package in parse(TORCH_LOCK)}
    assert {"torch", "triton", "nvidia-cudnn-cu13"} <= names
    for lock in LOCKS:
        if lock.stem == "requirements":
            assert not names & {package.name for package in parse((ROOT / lock).read_text())}


def test_what_the_cpu_build_requires_too_is_not_cudas() -> None:
    """A package belongs to CUDA if PyTorch alone leads to it, and on Linux alone."""
    lock = """\
cuda ; sys_platform == 'linux' \\
    # via torch
driver ; sys_platform == 'linux' \\
    # via cuda
driver-tools ; sys_platform == 'linux' \\
    # via driver, dashboard
sympy \\
    # via torch
torch \\
    # via -r worker/requirements.txt
"""
    assert cuda_build(parse(lock)) == {"cuda", "driver", "torch"}


@pytest.mark.parametrize(
    ("requested", "system", "has_driver", "index_answers", "build"),
    [
        ("", "Linux", False, True, "cpu"),
        ("", "Linux", False, False, "pypi"),
        ("", "Linux", True, True, "pypi"),
        ("cpu", "Linux", True, False, "cpu"),
        ("cuda", "Linux", False, True, "pypi"),
        ("", "Darwin", False, True, "pypi"),
        ("cpu", "Darwin", False, True, "pypi"),
    ],
)
def test_build_of_pytorch_suits_the_machine(
    requested: str, system: str, has_driver: bool, index_answers: bool, build: str
) -> None:
    """TORCH decides on Linux; else a driver, and whether the smaller build can be had."""
    choice = choose_build(requested, system, lambda: has_driver, lambda: index_answers)
    assert choice.build == build
    assert choice.reason


@pytest.mark.parametrize(("status", "reached"), [(200, True), (404, False)])
def test_index_answers_if_it_lists_pytorch(status: int, reached: bool) -> None:
    """An index that cannot be reached, or has no PyTorch, is not chosen."""

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/cpu/torch/" else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output free of the server's log."""

    with HTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert answers(f"http://127.0.0.1:{server.server_port}/cpu") is reached
        server.shutdown()


def test_silent_index_is_not_waited_for() -> None:
    """A host that accepts connections and sends nothing costs seconds, not minutes."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        assert not answers(f"http://127.0.0.1:{server.server_port}", timeout=0.2)
