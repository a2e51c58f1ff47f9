"""Start `python -m worker` with its libraries imported already.

Importing torch takes seconds of CPU time, and a test starts dozens of workers. So one process
imports it once and is forked for each worker, which then has its own session, folder, environment
and output.
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
    """Start importing the workers' libraries, in the background."""
    forkserver.ensure_running()


class WarmProcess:
    """A running Python module, with the methods of subprocess.Popen that are used here."""

    def __init__(self, module: str, folder: Path, environment: dict[str, str], log: Path) -> None:
        arguments = (module, folder, environment, log)
        self._process = _FORKS.Process(target=_run, args=arguments, daemon=True)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or minus the signal; None while it runs."""
        return self._process.exitcode

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def wait(self) -> None:
        """Wait until it has ended."""
        self._process.join()


def _run(module: str, folder: Path, environment: dict[str, str], log: Path) -> None:
    # The forking process ends with the tests, and this one with it.
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
