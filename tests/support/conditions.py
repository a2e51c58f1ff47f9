"""Wait for conditions, and skip tests whose programs are not installed."""

import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

Value = TypeVar("Value")

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stable-diffusion-live"
"""The folder of what `.ci/run` builds; programs are in ``bin``."""


HANG_TIMEOUT = 300.0
"""Seconds after which a wait counts as hung. Tests on a busy machine stay far below it."""


def wait_until(
    condition: Callable[[], Value], timeout: float = HANG_TIMEOUT, what: str = ""
) -> Value:
    """Return the condition's first true value; fail the test if none comes in time."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout:g} s: {what or condition.__name__}")
        time.sleep(0.05)


def free_port() -> int:
    """Return a TCP port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def need_program(name: str, advice: str) -> str:
    """Return a program's path; skip without it, or fail where all servers are required."""
    path = shutil.which(name, path=f"{CACHE / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if path:
        return path
    sentence = f"{name} is not installed: {advice}"
    if os.environ.get("REQUIRE_SERVERS") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)
