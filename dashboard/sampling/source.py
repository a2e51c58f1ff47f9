"""Sources: functions that are called periodically, each in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from core.errors import ApplicationError
from dashboard.domain.snapshot import Reading

Value = TypeVar("Value")

STOP_SECONDS = 2.0
"""Time by which calls that hang may delay the end of the process."""

_MIN_RETRY_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Source(Generic[Value]):
    """Calls ``read`` periodically and keeps the newest result.

    Args:
        name: the source's name in sentences, such as "the queue".
        read: returns a value; raises ApplicationError with a sentence.
        every: seconds between two calls.
        answer_within: seconds after which a call that has not returned counts as failed.
        close: called after the last call, to release what ``read`` keeps open.

    """

    def __init__(
        self,
        name: str,
        read: Callable[[], Value],
        every: float,
        answer_within: float = 3.0,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._read = read
        self._every = every
        self._answer_within = answer_within
        self._close = close
        self._newest: Reading[Value] = Reading()
        self._call_began: float | None = None
        self._stopping = threading.Event()
        # A daemon: a call that hangs must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name=f"read {name}", daemon=True)

    def start(self) -> None:
        """Start the thread that calls ``read``."""
        self._thread.start()

    def request_stop(self) -> None:
        """Stop after the current call; returns at once."""
        self._stopping.set()

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Stop, and wait up to ``timeout`` seconds for the current call."""
        self.request_stop()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def reading(self) -> Reading[Value]:
        """Return the newest reading without blocking."""
        newest, began = self._newest, self._call_began
        elapsed = 0.0 if began is None else time.monotonic() - began
        if elapsed <= self._answer_within:
            return newest
        return Reading(
            at=newest.at, error=f"{self.name.capitalize()} has not answered for {elapsed:.0f} s."
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._call_began = time.monotonic()
            self._newest = self._call()
            self._call_began = None
            failed = self._newest.error is not None
            # `every` is 0 where `read` blocks until there is news; a failure returns at once.
            self._stopping.wait(max(self._every, _MIN_RETRY_SECONDS if failed else 0.0))
        self._close()

    def _call(self) -> Reading[Value]:
        try:
            return Reading(value=self._read(), at=time.time())
        except ApplicationError as error:
            sentence = str(error)
        except Exception:  # noqa: BLE001, an unexpected error must not end the thread
            _log.exception("Reading %s failed.", self.name)
            sentence = f"Reading {self.name} failed; see the dashboard's log."
        return Reading(at=self._newest.at, error=sentence)
