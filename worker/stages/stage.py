"""Stages: threads that take items from a source, work on them and hand over the results.

A stage is independent of jobs. Bounded queues between stages make a slow stage stop the ones
before it, so that nothing piles up in memory. When a stage has ended, it closes the queue behind
it: the stages end one after the other, each with all its items done.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from core.errors import ApplicationError
from worker.metrics import IDLE_SECONDS

log = logging.getLogger(__name__)

In = TypeVar("In")
Out = TypeVar("Out")
Item = TypeVar("Item")


class Closed(Exception):
    """A source is closed and empty."""


class BoundedQueue(Generic[Item]):
    """A queue of at most ``capacity`` items; ``put`` waits for space and ``get`` for an item."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[Item] = deque()
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: Item) -> None:
        """Append an item; wait while the queue is full."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._capacity)
            self._items.append(item)
            self._changed.notify_all()

    def get(self) -> Item:
        """Remove and return the oldest item. Raises Closed once closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            if not self._items:
                raise Closed
            self._changed.notify_all()
            return self._items.popleft()

    def close(self) -> None:
        """Let ``get`` raise Closed after the last item."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class Stage(Generic[In, Out]):
    """One or more threads with the same work.

    Args:
        name: the name of the threads and the label of the metrics.
        source: returns the next item; raises Closed at the end.
        work: returns the results for an item.
        output: hands over a result; waits while the next stage has no space.
        on_error: receives an item and the exception that its work raised.
        on_end: is called when the last thread ends.
        threads: the number of threads.

    """

    def __init__(
        self,
        name: str,
        source: Callable[[], In],
        work: Callable[[In], Iterable[Out]],
        output: Callable[[Out], None],
        on_error: Callable[[In, Exception], None],
        on_end: Callable[[], None] = lambda: None,
        threads: int = 1,
    ) -> None:
        self.name = name
        self._source, self._work, self._output = source, work, output
        self._on_error, self._on_end = on_error, on_end
        self._starved = IDLE_SECONDS.labels(name, "starved")
        self._blocked = IDLE_SECONDS.labels(name, "blocked")
        self._running = threads
        self._lock = threading.Lock()
        self._threads = [
            # Daemons, since a call that hangs must not keep the process from exiting.
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for the end of the threads; return whether all have ended."""
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        try:
            while True:
                started = time.monotonic()
                item = self._source()
                self._starved.inc(time.monotonic() - started)
                self._process(item)
        except Closed:
            pass  # all items are done
        except Exception:
            log.exception("The stage %s ended unexpectedly.", self.name)
        finally:
            with self._lock:
                self._running -= 1
                is_last = not self._running
            if is_last:
                self._on_end()

    def _process(self, item: In) -> None:
        try:
            for result in self._work(item):
                started = time.monotonic()
                self._output(result)
                self._blocked.inc(time.monotonic() - started)
        except Exception as error:
            if not isinstance(error, ApplicationError):
                log.exception("The stage %s failed.", self.name)
            self._on_error(item, error)
