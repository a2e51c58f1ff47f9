"""A fair order of jobs: submitters take turns, each with the oldest of their jobs."""

from bisect import insort
from collections import deque
from itertools import chain
from typing import Generic, Protocol, TypeVar


class Turn(Protocol):
    """What determines the turn of a job."""

    @property
    def job_id(self) -> str:
        """The id, by which jobs sort in the order of their submission."""

    @property
    def submitter(self) -> str:
        """Whose turn it takes."""

    @property
    def in_front(self) -> int:
        """When it was moved to the front of the queue; 0 if it was not."""


Item = TypeVar("Item", bound=Turn)


class FairOrder(Generic[Item]):
    """Waiting jobs, in a line for each submitter. Not thread-safe."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Item]] = {}
        self._turns: deque[str] = deque()
        self._front: list[Item] = []
        """The next job is the last."""

    def __len__(self) -> int:
        return len(self._front) + sum(map(len, self._lines.values()))

    def add(self, item: Item) -> None:
        """Add a job to its submitter's line, or at the front."""
        if item.in_front:
            insort(self._front, item, key=lambda each: each.in_front)
            return
        if item.submitter not in self._lines:
            self._lines[item.submitter] = []
            self._turns.append(item.submitter)
        insort(self._lines[item.submitter], item, key=lambda each: each.job_id)

    def next(self) -> Item:
        """Remove and return the next job; raises IndexError if there is none."""
        if self._front:
            return self._front.pop()
        item = self._lines[self._turns[0]][0]
        self._turns.rotate(-1)
        self.remove(item)
        return item

    def clear(self) -> list[Item]:
        """Remove and return all jobs, in no particular order."""
        items = [*self._front, *chain.from_iterable(self._lines.values())]
        self._front, self._lines, self._turns = [], {}, deque()
        return items

    def find(self, job_id: str) -> Item | None:
        """Return a job; None if it is not here."""
        everywhere = chain(self._front, *self._lines.values())
        return next((item for item in everywhere if item.job_id == job_id), None)

    def remove(self, item: Item) -> None:
        """Remove a job; raises ValueError or KeyError if it is not here."""
        if item.in_front:
            self._front.remove(item)
            return
        self._lines[item.submitter].remove(item)
        if not self._lines[item.submitter]:
            del self._lines[item.submitter]
            self._turns.remove(item.submitter)
