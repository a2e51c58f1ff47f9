"""Being asked to stop, and how long there is to finish."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

_LOOK_EVERY = 0.1
"""Seconds. A signal handler must not touch a lock, so waiting is looking again and again."""


class ShutdownSignal:
    """Whether this process was asked to stop, and whether its grace period is over."""

    def __init__(self, grace_period: float) -> None:
        self._grace_period = grace_period
        self._requested_at: float | None = None

    def request(self) -> None:
        """Ask for the end; the grace period begins with the first time."""
        if self._requested_at is None:
            self._requested_at = time.monotonic()

    @property
    def requested(self) -> bool:
        """Whether no new job should be taken."""
        return self._requested_at is not None

    @property
    def deadline_passed(self) -> bool:
        """Whether unfinished jobs should be given back now."""
        return self.requested and time.monotonic() - self._requested_at >= self._grace_period

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than until somebody asks for the end."""
        deadline = time.monotonic() + seconds
        while not self.requested and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_EVERY))


def on_signal(action: Callable[[], object]) -> None:
    """Call ``action`` in the main thread at SIGTERM and at Ctrl+C."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: action())


def stop_with_parent() -> None:
    """Send SIGTERM to this process when standard input ends.

    A supervisor holds the other end of that pipe and writes nothing, so the end means
    that the supervisor is gone, even if it was killed.
    """
    threading.Thread(target=_watch_input, name="parent", daemon=True).start()


def _watch_input() -> None:
    # Not through sys.stdin, whose lock a daemon thread would hold when Python exits.
    while os.read(sys.__stdin__.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
