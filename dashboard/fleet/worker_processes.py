"""Worker processes on this machine: starting, watching and stopping `python -m worker`.

A child is in a session of its own, so that a terminal's Ctrl+C reaches the dashboard
alone, which then stops its workers in order. Its standard input is a pipe that nothing is
written to: should the dashboard die, the pipe ends, and the worker stops by itself.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from core.settings import Settings
from dashboard.fleet.worker_logs import emptied, last_sentence, open_log

WORKER_COMMAND = (sys.executable, "-m", "worker")
_ROOT = Path(__file__).parents[2]
_LONGEST_PAUSE = 60.0
_DOUBLED = 6
"""Times that the pause of a second is doubled, at most; powers beyond 1023 are no floats."""
_LASTED = 30.0
"""Seconds after which a worker counts as one that had started well."""
_MARGIN = 5.0
"""Seconds beyond the grace period, which the worker keeps by itself, until it is killed."""


@dataclass(frozen=True)
class WorkerProcess:
    """A place in the local fleet, and the process in it."""

    name: str
    state: Literal["running", "stopping", "failed"]
    since: float
    """Unix seconds at which this state began."""
    process: subprocess.Popen | None = None
    started_at: float = 0.0
    """Unix seconds at which the process began."""
    log: Path | None = None
    log_start: int = 0
    failures: int = 0
    """How often in a row the process ended by itself."""
    reason: str = ""
    """The last words of a process that failed."""

    @property
    def retry_at(self) -> float:
        """Unix seconds at which a failed worker is started again."""
        return self.since + min(_LONGEST_PAUSE, 2.0 ** min(_DOUBLED, self.failures - 1))


def launch(
    name: str, settings: Settings, command: tuple[str, ...], now: float, failures: int = 0
) -> WorkerProcess:
    """Start a worker; raises OSError if the system cannot."""
    log = settings.data_dir / "logs" / f"{name}.log"
    with open_log(log) as output:
        log_start = output.tell()
        process = subprocess.Popen(
            command,
            cwd=_ROOT,
            env=_environment(name, settings),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return WorkerProcess(name, "running", now, process, now, log, log_start, failures)


def observe(worker: WorkerProcess, now: float) -> WorkerProcess | None:
    """Look how a worker is, and keep its log small; None if it has ended as it should."""
    if worker.process is None:
        return worker
    if worker.process.poll() is None:
        return replace(worker, log_start=0) if emptied(worker.log) else worker
    worker.process.stdin.close()
    if worker.state == "stopping" or worker.process.returncode == 0:
        return None
    lasted = now - worker.since >= _LASTED
    return WorkerProcess(
        name=worker.name,
        state="failed",
        since=now,
        failures=1 if lasted else worker.failures + 1,
        reason=_why_it_ended(worker),
    )


def request_stop(worker: WorkerProcess, now: float) -> WorkerProcess | None:
    """Send SIGTERM; None if there is no process that could hear it."""
    if worker.process is None:
        return None
    worker.process.terminate()
    return replace(worker, state="stopping", since=now)


def kill_if_overdue(worker: WorkerProcess, grace: float, now: float) -> None:
    """End a worker that did not stop within its grace period (seconds)."""
    if worker.state == "stopping" and now - worker.since > grace + _MARGIN:
        _kill(worker.process)


def stop_all(workers: Iterable[WorkerProcess], grace: float) -> None:
    """Stop every worker and return when none is left, ``grace`` seconds and a few at most."""
    processes = [worker.process for worker in workers if worker.process]
    for process in processes:
        process.terminate()
    try:
        _wait(processes, grace + _MARGIN)
    finally:  # also when a second Ctrl+C ends the waiting
        for process in processes:
            _kill(process)
            process.wait()
            process.stdin.close()


def _wait(processes: list[subprocess.Popen], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))


def _kill(process: subprocess.Popen) -> None:
    # The whole session: a worker's own helpers must not outlive it.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def as_environment(settings: Settings) -> dict[str, str]:
    """Write settings as the variables that they are read from."""
    return {name.upper(): _plain(value) for name, value in settings.model_dump().items()}


def _environment(name: str, settings: Settings) -> dict[str, str]:
    own = {
        "DATA_DIR": str(settings.data_dir.resolve()),
        "STOP_WITH_PARENT": "1",
        "WORKER_NAME": name,
        "WORKER_PORT": "",  # one port cannot serve several workers
        "PYTHONUNBUFFERED": "1",
    }
    # Our settings as we read them, so that a child never reads a different .env.
    return os.environ | as_environment(settings) | own


def _plain(value: object) -> str:
    if value is None:
        return ""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _why_it_ended(worker: WorkerProcess) -> str:
    code = worker.process.returncode
    if code == -signal.SIGKILL:
        return "It was ended by SIGKILL, as a system does that runs out of memory."
    if code < 0:
        return f"It was ended by {signal.Signals(-code).name}."
    last = last_sentence(worker.log, worker.log_start)
    return last or f"It ended with exit code {code}, without a word."
