"""Start, observe and stop `python -m worker` processes on this machine.

Each child has a session of its own, so that Ctrl+C in a terminal signals only the dashboard,
which then stops its workers in order. A child's standard input is an open pipe: if the dashboard
is killed, the pipe closes and the worker stops.
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

from core.settings import Settings
from dashboard.fleet.worker_environment import worker_environment
from dashboard.fleet.worker_logs import last_message, open_log, truncate_large_log

WORKER_COMMAND = (sys.executable, "-m", "worker")
_ROOT = Path(__file__).parents[2]
_MAX_BACKOFF_SECONDS = 60.0
_MAX_BACKOFF_DOUBLINGS = 6
"""Keeps the power of two within a float's range, however many failures there are."""
_STABLE_AFTER_SECONDS = 30.0
"""A worker that ran for this long resets its count of failures."""
_MAX_COUNTED_KILLS = 4
"""Of a worker that is killed while it loads its model, perhaps for want of memory: 8 s of pause."""
_KILL_MARGIN_SECONDS = 5.0
"""After the grace period, within which the worker stops by itself."""


@dataclass(frozen=True)
class Child:
    """A started process and its part of the log file."""

    popen: subprocess.Popen[bytes]
    started_at: float
    """Unix seconds."""
    log: Path
    log_start: int
    """The byte of the log at which this process began to write."""


@dataclass(frozen=True)
class WorkerProcess:
    """A worker of the local fleet."""

    name: str
    state: Literal["running", "stopping", "failed"]
    since: float
    """Unix seconds at which this state began."""
    child: Child | None = None
    """None if the worker failed."""
    failures: int = 0
    """How often in a row the process ended unexpectedly."""
    reason: str = ""
    """Why it failed last, as a sentence; kept while it is started again."""
    gpu: str | None = None
    """The GPU that its process has, as an entry of CUDA_VISIBLE_DEVICES."""

    @property
    def retry_at(self) -> float:
        """Unix seconds at which a failed worker is started again."""
        doublings = min(_MAX_BACKOFF_DOUBLINGS, self.failures - 1)
        return self.since + min(_MAX_BACKOFF_SECONDS, 2.0**doublings)


def launch(
    name: str,
    settings: Settings,
    command: tuple[str, ...],
    now: float,
    gpu: str | None = None,
) -> WorkerProcess:
    """Start a worker, on one GPU if named. Raises OSError without its process or log."""
    log = settings.data_dir / "logs" / f"{name}.log"
    with open_log(log) as output:
        log_start = output.tell()
        popen = subprocess.Popen(
            command,
            cwd=_ROOT,
            env=worker_environment(name, settings, gpu),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    child = Child(popen, now, log, log_start)
    return WorkerProcess(name, "running", now, child, gpu=gpu)


def observe(worker: WorkerProcess, now: float, was_ready: bool = False) -> WorkerProcess | None:
    """Return the worker's current state, None if it ended as requested. Keeps its log small.

    ``was_ready`` is whether this process has loaded its model.
    """
    child = worker.child
    if child is None:
        return worker
    if child.popen.poll() is None:
        if truncate_large_log(child.log):
            return replace(worker, child=replace(child, log_start=0))
        return worker
    _close_stdin(child.popen)
    if worker.state == "stopping" or child.popen.returncode == 0:
        return None
    return WorkerProcess(
        name=worker.name,
        state="failed",
        since=now,
        failures=_count_failures(worker, child.popen.returncode, now, was_ready),
        reason=_exit_reason(child),
    )


def _count_failures(worker: WorkerProcess, exit_code: int, now: float, was_ready: bool) -> int:
    """Return how often in a row the process ended by itself, including now.

    A process that something else killed predicts little about the next one. A job that always ends
    so is dead-lettered by its number of attempts.
    """
    was_killed = exit_code == -signal.SIGKILL
    was_stable = now - worker.since >= _STABLE_AFTER_SECONDS
    if was_stable or (was_killed and was_ready):
        return 1
    return min(worker.failures + 1, _MAX_COUNTED_KILLS) if was_killed else worker.failures + 1


def request_stop(worker: WorkerProcess, now: float) -> WorkerProcess | None:
    """Send SIGTERM; None if the worker has no process."""
    if worker.child is None:
        return None
    worker.child.popen.terminate()
    return replace(worker, state="stopping", since=now)


def kill_if_overdue(worker: WorkerProcess, grace_period: float, now: float) -> None:
    """Kill a worker that did not stop within its grace period (seconds)."""
    is_overdue = now - worker.since > grace_period + _KILL_MARGIN_SECONDS
    if worker.child and worker.state == "stopping" and is_overdue:
        kill(worker.child.popen)


def stop_all(workers: Iterable[WorkerProcess], grace_period: float) -> None:
    """Stop all workers, and return when no process is left; kill those that are overdue."""
    processes = [worker.child.popen for worker in workers if worker.child]
    for process in processes:
        process.terminate()
    try:
        _wait(processes, grace_period + _KILL_MARGIN_SECONDS)
    finally:  # also when a second Ctrl+C interrupts the wait
        for process in processes:
            kill(process)
            process.wait()
            _close_stdin(process)


def _wait(processes: list[subprocess.Popen[bytes]], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))


def kill(process: subprocess.Popen[bytes]) -> None:
    """Send SIGKILL to a worker; do nothing if it has ended."""
    # The whole session, so that a worker's child processes end too.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _close_stdin(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()


def _exit_reason(child: Child) -> str:
    code = child.popen.returncode
    if code == -signal.SIGKILL:
        return "It was killed by SIGKILL; the system may be out of memory."
    if code < 0:
        return f"It was killed by {_signal_name(-code)}."
    message = last_message(child.log, child.log_start)
    return message or f"It ended with exit code {code} and logged nothing."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
