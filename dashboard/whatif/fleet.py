"""The workers of one simulated run: they start, take requests in order, and stop.

A worker is a number: the second from which it is free. The one that is free earliest takes the
next request, so requests start in the order of arrival, as with a queue whose workers lease little
ahead. Ten million requests take some ten seconds so.
"""

from array import array
from bisect import bisect_right, insort
from dataclasses import dataclass, field
from heapq import heappop, heappush, heapreplace

from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.nodes import NodePool
from dashboard.whatif.setup import FleetModel

_ONE_TASK_WAIT_SECONDS = 60.0
"""How long a worker that ends after one request waits for it."""


@dataclass
class SimulatedFleet:
    """The workers, and the requests that they have started."""

    model: FleetModel
    arrivals: Arrivals
    one_task: bool = False
    """Whether a worker ends after one request, as those of a ScaledJob."""
    stops_idle_first: bool = False
    """Whether it is known which workers are idle; on Kubernetes it is not."""
    started: "array[float]" = field(default_factory=lambda: array("d"))
    """When each request that was taken so far started."""
    ended: "array[float]" = field(default_factory=lambda: array("d"))
    ready_changes: list[tuple[float, int]] = field(default_factory=list)
    """Changes of the number of workers that receive requests, with their times."""
    placed_changes: list[tuple[float, int]] = field(default_factory=list)
    """The same of workers that occupy a machine."""
    _free: list[float] = field(default_factory=list)
    """When each worker that has started is free: a heap."""
    _starting: list[float] = field(default_factory=list)
    """When each worker that has a slot will be ready, in order."""
    _unplaced: int = 0
    _leaving: list[float] = field(default_factory=list)
    """When each worker that is stopping ends."""
    _running: list[float] = field(default_factory=list)
    """When requests in progress end, of those that were counted."""
    _counted: int = 0

    def __post_init__(self) -> None:
        self._at = array("d", self.arrivals.at.astype(float).tobytes())
        seconds = self.arrivals.work * float(self.model.workers.picture)
        self._seconds = array("d", seconds.tobytes())
        self.pool = NodePool(self.model.nodes) if self.model.nodes else None

    @property
    def workers(self) -> int:
        """Workers that are not stopping, ready or not."""
        return len(self._free) + len(self._starting) + self._unplaced

    def occupied(self, now: float) -> int:
        """Count all workers, with those that still finish a request."""
        return self.workers + sum(end > now for end in self._leaving)

    def count(self, now: float) -> tuple[int, int]:
        """Count the requests that wait, and those in progress."""
        self._running.extend(self.ended[self._counted :])
        self._counted = len(self.ended)
        self._running = [end for end in self._running if end > now]
        arrived = bisect_right(self._at, now, lo=self._counted)
        return arrived - self._counted, len(self._running)

    def add_ready(self, number: int, now: float) -> None:
        """Add workers that are ready at once, with the nodes that they need."""
        for _ in range(number):
            if self.pool and self.workers % self.pool.model.slots == 0:
                self.pool.add(now)
            self._place(now)
            heappush(self._free, now)
            self.ready_changes.append((now, 1))

    def advance(self, now: float) -> None:
        """Start the requests that start before ``now``."""
        while self._starting and self._starting[0] < now:
            ready_at = self._starting.pop(0)
            heappush(self._free, ready_at)
            self.ready_changes.append((ready_at, 1))
        if self.one_task or self.model.workers.batch > 1:
            self._take_batches(now)
        else:
            self._take(now)

    def scale(self, wanted: int, now: float) -> None:
        """Start or stop workers, and remove nodes that were idle long enough."""
        missing = wanted - (self.occupied(now) if self.one_task else self.workers)
        self._start(self._unplaced + missing if missing > 0 else self._unplaced, now)
        if missing < 0:
            self._stop(-missing, now)
        self._leaving = [end for end in self._leaving if end > now]
        if self.pool:
            self.pool.remove_idle(now, self.occupied(now))

    def _start(self, number: int, now: float) -> None:
        for remaining in range(number, 0, -1):
            slot_at = self._place(now)
            if slot_at is None:
                self._unplaced = remaining
                return
            insort(self._starting, slot_at + self.model.workers.load)
        self._unplaced = 0

    def _place(self, now: float) -> float | None:
        slot_at = self.pool.take(now) if self.pool else now
        if slot_at is not None:
            self.placed_changes.append((slot_at, 1))
        return slot_at

    def _stop(self, number: int, now: float) -> None:
        """Stop workers without a slot, then those not ready, then any; idle ones first if known."""
        unplaced = min(number, self._unplaced)
        self._unplaced -= unplaced
        number -= unplaced
        if self.stops_idle_first:
            number -= self._stop_ready(min(number, sum(end <= now for end in self._free)), now)
        number -= self._stop_starting(min(number, len(self._starting)), now)
        self._stop_ready(min(number, len(self._free)), now)

    def _stop_starting(self, number: int, now: float) -> int:
        for _ in range(number):
            self._leave(max(now, self._starting.pop() - self.model.workers.load))
        return number

    def _stop_ready(self, number: int, now: float) -> int:
        self._free.sort()
        for index in reversed(self._to_stop(number)):
            self._leave(max(now, self._free.pop(index)))
            self.ready_changes.append((now, -1))
        return number

    def _to_stop(self, number: int) -> range | list[int]:
        """Choose workers by their index among the free; spread evenly where none is preferred."""
        if self.stops_idle_first:
            return range(number)
        return [index * len(self._free) // number for index in range(number)]

    def _leave(self, at: float) -> None:
        self._leaving.append(at)
        self.placed_changes.append((at, -1))
        if self.pool:
            self.pool.free(at)

    def _take(self, now: float) -> None:
        at, seconds, free = self._at, self._seconds, self._free
        add_start, add_end = self.started.append, self.ended.append
        number, total = len(self.started), len(self._at)
        while number < total and free:
            start = at[number]
            if start < free[0]:  # without max(): millions of requests pass here
                start = free[0]
            if start >= now:
                return
            end = start + seconds[number]
            heapreplace(free, end)
            add_start(start)
            add_end(end)
            number += 1

    def _take_batches(self, now: float) -> None:
        number, total = len(self.started), len(self._at)
        while number < total and self._free:
            start = max(self._at[number], self._free[0])
            if start >= now:
                break
            most = min(total, number + self.model.workers.batch)
            ready = bisect_right(self._at, start, number, most)
            end = start + sum(self._seconds[number:ready])
            self.started.extend([start] * (ready - number))
            self.ended.extend([end] * (ready - number))
            self._finish(end)
            number = ready
        self._drop_unused(now)

    def _finish(self, end: float) -> None:
        if not self.one_task:
            heapreplace(self._free, end)
            return
        heappop(self._free)
        self.ready_changes.append((end, -1))
        self._leave(end)

    def _drop_unused(self, now: float) -> None:
        """End workers for one request that have waited for it long enough."""
        while self.one_task and self._free and self._free[0] + _ONE_TASK_WAIT_SECONDS < now:
            end = heappop(self._free) + _ONE_TASK_WAIT_SECONDS
            self.ready_changes.append((end, -1))
            self._leave(end)
