"""The jobs between intake and generator: their next batch, and an estimate of when they run out."""

import math
import threading
import time
from dataclasses import dataclass, replace

from worker.stages.batching import BatchLimits, next_batch
from worker.stages.ledger import JobLedger
from worker.stages.stage import Closed
from worker.task import BatchItem, Task

_LATE_SECONDS = 0.25
"""Time after its expected end at which a batch is late, so that its end is unknown again."""
_MAX_REMEMBERED = 1000
"""Sets of parameters whose durations are remembered."""


@dataclass(frozen=True)
class RunningBatch:
    """The batch that is being generated, with its expected end by the monotonic clock."""

    items: list[BatchItem]
    started: float
    expected_end: float


class Batcher:
    """Waiting pictures in the order of their jobs. Thread-safe; one thread calls ``take``."""

    def __init__(self, ledger: JobLedger, limits: BatchLimits) -> None:
        self._ledger, self._limits = ledger, limits
        self._waiting: list[Task] = []
        self._running: RunningBatch | None = None
        self._last: Task | None = None
        """A job of the last batch."""
        self._closed = False
        self._seconds: dict[str, float] = {}
        """Of the last picture with these parameters."""
        self._last_seconds: float | None = None
        self._changed = threading.Condition()

    def add(self, tasks: list[Task]) -> None:
        """Append jobs; together, so that they share a batch."""
        with self._changed:
            self._waiting += tasks
            self._changed.notify_all()

    def close(self) -> None:
        """Let ``take`` raise Closed after the last picture."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self) -> list[BatchItem]:
        """Return the pictures to generate next; wait for them. Raises Closed."""
        with self._changed:
            self._end_running()
            while True:
                self._waiting = [task for task in self._waiting if _has_pictures(task)]
                if items := self._ledger.begin(next_batch(self._waiting, self._limits)):
                    self._running, self._last = self._start(items), items[0].task
                    self._changed.notify_all()
                    return items
                # Jobs that have ended since they were selected are left out in the next round.
                if not self._waiting:
                    if self._closed:
                        raise Closed
                    self._changed.wait()

    def finished(self) -> None:
        """Record the duration of the batch in progress, before its pictures are handed over."""
        with self._changed:
            if running := self._running:
                now = time.monotonic()
                seconds = (now - running.started) / len(running.items)
                self._running = replace(running, expected_end=now)
                self._last_seconds = seconds
                if len(self._seconds) >= _MAX_REMEMBERED:
                    self._seconds.clear()
                self._seconds[running.items[0].task.shared_parameters] = seconds

    def wait_for_room(self, look_ahead: float, timeout: float) -> bool:
        """Wait until the generator is expected to run out of work within ``look_ahead`` seconds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while (excess := self._backlog() - look_ahead) > 0:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return False
                self._changed.wait(min(excess, remaining))
            return True

    @property
    def backlog_seconds(self) -> float:
        """The expected time until the generator runs out of work; infinite if unknown."""
        with self._changed:
            return self._backlog()

    @property
    def batch_limit(self) -> int:
        """The most pictures of a batch with the parameters of the last one."""
        last = self._last
        return self._limits.limit(last) if last else self._limits.first

    @property
    def seconds_per_picture(self) -> float | None:
        """The time of a picture of the last batch; None before the first."""
        return self._last_seconds

    def _seconds_of(self, task: Task) -> float:
        return self._seconds.get(task.shared_parameters, math.inf)

    def _start(self, items: list[BatchItem]) -> RunningBatch:
        now = time.monotonic()
        return RunningBatch(items, now, now + len(items) * self._seconds_of(items[0].task))

    def _end_running(self) -> None:
        self._running = None
        self._changed.notify_all()

    def _backlog(self) -> float:
        tasks = [task for task in self._waiting if _has_pictures(task)]
        waiting = sum(len(task.remaining) * self._seconds_of(task) for task in tasks)
        return self._running_seconds() + waiting

    def _running_seconds(self) -> float:
        if not self._running:
            return 0.0
        seconds = self._running.expected_end - time.monotonic()
        # A generator that waits for the stages behind it takes no further jobs either.
        return math.inf if seconds < -_LATE_SECONDS else max(0.001, seconds)


def _has_pictures(task: Task) -> bool:
    return bool(task.remaining) and task.outcome is None
