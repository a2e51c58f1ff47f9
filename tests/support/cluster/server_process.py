"""A server program that never outlives the process that started it."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.conditions import need_program, wait_until

ADVICE = ".ci/run builds it, or installs it from Debian"

# The system ends the server if we are killed ourselves: a kernel's promise, so on Linux only.
BOUND_TO_US = ("setpriv", "--pdeathsig", "KILL", "--")


@dataclass
class ServerProcess:
    """One server, which can be stopped and started again."""

    program: str
    arguments: list[str]
    log: Path
    answers: Callable[[], bool]
    """Whether it does what it is there for."""
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen | None = None

    def launch(self) -> None:
        """Start it, from a thread that lives as long as the server should."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*BOUND_TO_US, need_program(self.program, ADVICE), *self.arguments],
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a terminal's Ctrl+C ends us first, and we end it
            )

    def wait(self) -> None:
        """Wait until it answers; fails the test with its last words if it ends."""
        wait_until(self._checked, 120, f"{self.program} answers; its log is {self.log}")

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """End it at once; nothing happens if it does not run."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _checked(self) -> bool:
        if self._process.poll() is not None:
            pytest.fail(f"{self.program} ended: {self.log.read_text()[-3000:]}")
        return self.answers()
