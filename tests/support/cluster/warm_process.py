"""`python -m worker`, started with its libraries imported already.

Importing torch takes seconds of a core, and a test starts dozens of workers. So one process
imports it once and forks for each worker, which from then on runs as if started by itself:
in its own session, folder and environment, with its own output.
"""

import ctypes
import multiprocessing
import os
import runpy
import signal
import sys
from multiprocessing import forkserver
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.support.cluster.preloaded"])
_PR_SET_PDEATHSIG = 1


def warm_up() -> None:
    """Begin to import, in the background, what workers will need."""
    forkserver.ensure_running()


class WarmProcess:
    """A Python module that runs; what is used of it is called as in subprocess.Popen."""

    def __init__(self, module: str, folder: Path, environment: dict[str, str], log: Path) -> None:
        arguments = (module, folder, environment, log)
        self._process = _FORKS.Process(target=_run, args=arguments, daemon=True)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return how it ended: the exit code, or minus the signal; None while it runs."""
        return self._process.exitcode

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def wait(self) -> None:
        """Wait until it has ended."""
        self._process.join()


def _run(module: str, folder: Path, environment: dict[str, str], log: Path) -> None:
    # The process that forked us ends when the tests do, and then so do we.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
