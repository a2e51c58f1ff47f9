"""A lock around calls of a server, whose waiters fail together with the call before them."""

import threading
import time
from types import TracebackType

from core.errors import QueueUnavailable, StoreUnavailable

_SLOW_SECONDS = 1.0
"""A call that fails sooner, such as that of a connection just lost, says nothing of the next."""


class CallLock:
    """A lock whose waiting callers raise the error of the call before them, if that has failed.

    While queue or store does not answer, each caller waits one timeout, not those of all before it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._newest: QueueUnavailable | StoreUnavailable = QueueUnavailable()

    def __enter__(self) -> None:
        """Take the lock. Raises the error of the call that was waited for, if that has failed."""
        failures, began = self._failures, time.monotonic()
        self._lock.acquire()
        if self._failures > failures and time.monotonic() - began > _SLOW_SECONDS:
            newest = self._newest
            self._lock.release()
            raise type(newest)(str(newest))

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Release the lock, and have those that wait fail with the call if it failed."""
        if isinstance(error, QueueUnavailable | StoreUnavailable):
            self._newest = type(error)(str(error))
            self._failures += 1
        self._lock.release()
