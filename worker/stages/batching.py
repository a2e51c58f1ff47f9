"""Choose the pictures of the next batch. Pure, except for what BatchLimits remembers."""

from collections.abc import Iterable

from worker.metrics import BATCH_LIMIT
from worker.task import BatchItem, Task

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
"""A compiled model has a graph for each, so limits are one of these."""
MAX_BATCH_SECONDS = 3.0
"""Batches grow up to this time. Longer ones are hardly faster a picture, and each of their pictures
has to wait for all others."""
_MAX_REMEMBERED = 1000
"""Sets of parameters whose limits are remembered."""


class BatchLimits:
    """The number of pictures of the next batch, for each set of shared parameters.

    It doubles after each full batch, while a batch of twice the pictures is expected to end in
    time and is not known to run out of memory.
    """

    def __init__(self, first: int, maximum: int | None = None) -> None:
        self.first, self._maximum = first, maximum or first
        self._grown: dict[str, int] = {}
        """By the parameters that the pictures share."""
        self._fitting: dict[str, int] = {}
        """By the size of the pictures, once a larger batch ran out of memory."""

    def limit(self, task: Task) -> int:
        """Return the most pictures of the next batch with this task's parameters."""
        grown = self._grown.get(task.shared_parameters, self.first)
        return min(grown, self._fitting.get(task.size, self._maximum))

    def succeeded(self, task: Task, count: int, seconds: float) -> None:
        """Remember how long a batch of this many pictures took."""
        limit = self.limit(task)
        larger = min((each for each in BATCH_SIZES if each > limit), default=limit)
        expected_seconds = seconds / count * larger
        if count < limit or larger > self._maximum or expected_seconds > MAX_BATCH_SECONDS:
            return
        if len(self._grown) >= _MAX_REMEMBERED:
            self._grown.clear()
        self._grown[task.shared_parameters] = larger
        BATCH_LIMIT.labels(task.size).set(self.limit(task))

    def ran_out_of_memory(self, task: Task, count: int) -> None:
        """Remember that a batch of this many pictures does not fit."""
        smaller = max((each for each in BATCH_SIZES if each < count), default=1)
        self._fitting[task.size] = min(smaller, self._fitting.get(task.size, smaller))
        BATCH_LIMIT.labels(task.size).set(self._fitting[task.size])


def next_batch(tasks: Iterable[Task], limits: BatchLimits) -> list[BatchItem]:
    """Return pictures that share their parameters and fit into a batch, oldest job first.

    A job whose earlier attempt failed shares its batch with no other job, since it may have
    crashed the worker.
    """
    waiting = [task for task in tasks if task.remaining and task.outcome is None]
    if not waiting:
        return []
    first = waiting[0]
    sharing = [task for task in waiting if task is first or _share(task, first)]
    items = [BatchItem(task, number) for task in sharing for number in task.remaining]
    return items[: limits.limit(first)]


def _share(left: Task, right: Task) -> bool:
    both_first = left.is_first_attempt and right.is_first_attempt
    return both_first and left.shared_parameters == right.shared_parameters
