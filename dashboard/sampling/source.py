"""One source of readings: a function that is called again and again in its own thread."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from core.errors import ApplicationError
from dashboard.domain.snapshot import Reading

Value = TypeVar("Value")

_PAUSE = 1.0
"""Seconds between two looks, at least, while they fail."""

_log = logging.getLogger(__name__)


class Source(Generic[Value]):
    """Keeps the newest answer of ``read``, and knows when it stopped answering.

    Args:
        name: what a sentence calls it, as in "the queue".
        read: asks the source; raises ApplicationError with a sentence.
        every: seconds between two looks.
        answer_within: seconds after which a look that has not returned is a failed one.

    """

    def __init__(
        self, name: str, read: Callable[[], Value], every: float, answer_within: float = 3.0
    ) -> None:
        self.name = name
        self._read = read
        self._every = every
        self._answer_within = answer_within
        self._newest: Reading[Value] = Reading()
        self._began: float | None = None
        self._stopping = threading.Event()
        # A daemon, since a look that hangs must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name=f"read {name}", daemon=True)

    def start(self) -> None:
        """Observation for the first time, and then go on."""
        self._thread.start()

    def request_stop(self) -> None:
        """Observation no more after the look in progress; returns at once."""
        self._stopping.set()

    def stop(self, timeout: float = 2.0) -> None:
        """Observation no more; waits ``timeout`` seconds at most for a look in progress."""
        self.request_stop()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def reading(self) -> Reading[Value]:
        """Return the newest look, at once."""
        newest, began = self._newest, self._began
        silent = 0.0 if began is None else time.monotonic() - began
        if silent <= self._answer_within:
            return newest
        return Reading(
            at=newest.at, error=f"{self.name.capitalize()} has not answered for {silent:.0f} s."
        )

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._began = time.monotonic()
            self._newest = self._look()
            self._began = None
            failed = self._newest.error is not None
            # A source whose pace is its own waiting must not spin while it fails at once.
            self._stopping.wait(max(self._every, _PAUSE) if failed else self._every)

    def _look(self) -> Reading[Value]:
        try:
            return Reading(value=self._read(), at=time.time())
        except ApplicationError as error:
            sentence = str(error)
        except Exception:  # noqa: BLE001, the page says that it ended, whatever ended it
            _log.exception("Reading %s failed.", self.name)
            sentence = f"Reading {self.name} failed; the dashboard's log says why."
        return Reading(at=self._newest.at, error=sentence)
