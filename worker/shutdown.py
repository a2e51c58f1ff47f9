"""Shutdown requests and the grace period to finish jobs."""

import os
import signal
import threading
import time
from collections.abc import Callable

_POLL_SECONDS = 0.1
"""A signal handler must not use a lock, so waiting polls."""

_STDIN = 0


class ShutdownSignal:
    """Whether shutdown was requested, and whether its grace period is over."""

    def __init__(self, grace_period: float) -> None:
        self._grace_period = grace_period
        self._requested_at: float | None = None

    def request(self) -> None:
        """Request shutdown; the first request starts the grace period."""
        if self._requested_at is None:
            self._requested_at = time.monotonic()

    @property
    def requested(self) -> bool:
        """Whether to stop receiving jobs."""
        return self._requested_at is not None

    @property
    def deadline_passed(self) -> bool:
        """Whether to requeue unfinished jobs now."""
        if self._requested_at is None:
            return False
        return time.monotonic() - self._requested_at >= self._grace_period

    def wait(self, seconds: float) -> None:
        """Sleep until the time has passed or shutdown is requested."""
        deadline = time.monotonic() + seconds
        while not self.requested and (remaining := deadline - time.monotonic()) > 0:
            time.sleep(min(remaining, _POLL_SECONDS))


def on_signal(action: Callable[[], object]) -> None:
    """Call ``action`` in the main thread on SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: action())


def stop_with_parent() -> None:
    """Send SIGTERM to this process when its standard input is closed.

    A supervisor holds the other end of that pipe and writes nothing, so the pipe is closed when
    the supervisor exits, even after SIGKILL.
    """
    threading.Thread(target=_watch_stdin, name="parent", daemon=True).start()


def _watch_stdin() -> None:
    # Not sys.stdin: at exit, Python would wait for the lock that this thread holds.
    while os.read(_STDIN, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
