"""GPU nodes that join for workers and leave when they are idle, as a cluster autoscaler does.

Nodes are all alike here: of the workers that stop, Kubernetes prefers those that share a node, so
a node is idle only while there are fewer workers than nodes.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from heapq import heappop, heappush


@dataclass(frozen=True)
class NodeModel:
    """How a pool of GPU nodes changes. Durations are seconds."""

    join: float
    """From a worker that finds no slot until its node takes workers."""
    pull: float
    """To pull the worker's image on a node that has just joined."""
    idle: float = 600.0
    """Without a worker, until a node is removed."""
    slots: int = 1
    """Workers for each node."""
    gpus: int = 1
    """GPUs of each node, as they are billed."""
    maximum: int | None = None
    """Nodes of the pool at most; None means as many as the workers need."""


@dataclass
class NodePool:
    """The nodes of one simulated run."""

    model: NodeModel
    lives: list[tuple[float, float]] = field(default_factory=list)
    """When each removed node had joined, and when it was removed."""
    _joins: list[float] = field(default_factory=list)
    """When each other node joined or will join, in order."""
    _slots: list[float] = field(default_factory=list)
    """From when on each free slot can start a worker: a heap."""
    _idle_since: list[float] = field(default_factory=list)
    """Since when nodes are idle, in order."""

    def take(self, now: float) -> float | None:
        """Take a slot, of a new node if none is free; return from when on it starts a worker.

        Returns None if the pool is full.
        """
        if not self._slots:
            if self.model.maximum is not None and len(self._joins) >= self.model.maximum:
                return None
            self.add(now + self.model.join, self.model.pull)
        return max(now, heappop(self._slots))

    def add(self, join: float, pull: float = 0.0) -> None:
        """Add a node that joins at a time and then pulls the image."""
        self._joins.append(join)
        for _ in range(self.model.slots):
            heappush(self._slots, join + pull)

    def free(self, at: float) -> None:
        """Free a worker's slot from a time on."""
        heappush(self._slots, at)

    def remove_idle(self, now: float, workers: int) -> None:
        """Remove nodes that were idle long enough, given the workers that there are now."""
        idle = max(0, bisect_right(self._joins, now) - workers)
        del self._idle_since[idle:]
        self._idle_since.extend([now] * (idle - len(self._idle_since)))
        while self._idle_since and now - self._idle_since[0] >= self.model.idle:
            since = self._idle_since.pop(0)
            self.lives.append((self._joins.pop(0), since + self.model.idle))
            self._slots = sorted(self._slots)[self.model.slots :]  # sorted is a heap, too

    def all_lives(self, end: float) -> list[tuple[float, float]]:
        """Return when each node joined and was removed, in the time until ``end``."""
        lives = [*self.lives, *((join, end) for join in self._joins)]
        return [(join, min(removed, end)) for join, removed in lives if join < end]
