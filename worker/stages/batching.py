"""Choose the pictures of the next batch. Pure, except for what BatchLimits remembers."""

from collections.abc import Iterable

from wire.messages.parameters import GenerationParameters
from worker.metrics import BATCH_LIMIT
from worker.task import BatchItem, Task, shared_parameters

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)
"""A compiled model has a graph for each, so limits are one of these."""


class BatchLimits:
    """The number of pictures that fit into a batch, for each size of picture."""

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self._limits: dict[str, int] = {}

    def limit(self, size: str) -> int:
        """Return the largest batch that is known to fit, or that was not tried yet."""
        return self._limits.get(size, self.maximum)

    def ran_out_of_memory(self, size: str, count: int) -> None:
        """Remember that a batch of this many pictures does not fit."""
        smaller = max((each for each in BATCH_SIZES if each < count), default=1)
        self._limits[size] = min(smaller, self.limit(size))
        BATCH_LIMIT.labels(size).set(self._limits[size])


def compatible(left: GenerationParameters, right: GenerationParameters) -> bool:
    """Return whether one call of the pipeline can generate both pictures."""
    return shared_parameters(left) == shared_parameters(right)


def next_batch(tasks: Iterable[Task], limits: BatchLimits) -> list[BatchItem]:
    """Return pictures of compatible parameters that fit into a batch, oldest job first.

    A job whose earlier attempt failed shares its batch with no other job, since it may have
    crashed the worker.
    """
    waiting = [task for task in tasks if task.remaining and task.outcome is None]
    if not waiting:
        return []
    first = waiting[0]
    sharing = [task for task in waiting if task is first or _share(task, first)]
    items = [BatchItem(task, number) for task in sharing for number in task.remaining]
    return items[: limits.limit(first.size)]


def _share(left: Task, right: Task) -> bool:
    both_first = left.is_first_attempt and right.is_first_attempt
    return both_first and left.shared_parameters == right.shared_parameters
