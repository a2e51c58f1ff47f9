"""A server program that never outlives the process that started it."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.conditions import need_program, wait_until

INSTALL_HINT = ".ci/run builds it, or installs it from Debian"

# The kernel kills the server when its parent ends; Linux only.
KILLED_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")


@dataclass
class ServerProcess:
    """A server that can be stopped and restarted."""

    program: str
    arguments: list[str]
    log: Path
    answers: Callable[[], bool]
    """Whether it is ready."""
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen | None = None

    def launch(self) -> None:
        """Start it; the calling thread must live as long as the server."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*KILLED_WITH_PARENT, need_program(self.program, INSTALL_HINT), *self.arguments],
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a terminal's Ctrl+C reaches the tests only
            )

    def wait(self) -> None:
        """Wait until it is ready; fail the test with its log if it ends."""
        wait_until(self._is_ready, what=f"{self.program} is ready; its log is {self.log}")

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """Kill it; does nothing if it is not running."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _is_ready(self) -> bool:
        if self._process.poll() is not None:
            pytest.fail(f"{self.program} ended: {self.log.read_text()[-3000:]}")
        return self.answers()
