"""The ledger of leased jobs: what is stored of each, and when it leaves.

A job leaves once none of its pictures is in progress, and either all are stored or an outcome is
set. It leaves exactly once, whichever threads report at the same time.
"""

import threading
from collections.abc import Callable, Iterable, Mapping

from wire.queues.base import Delivery
from worker.stages.settlement import Settlement
from worker.task import BatchItem, Outcome, Task


class JobLedger:
    """Records the progress of leased jobs and settles them. Thread-safe."""

    def __init__(self, settlement: Settlement) -> None:
        self._settlement = settlement
        self._open: dict[int, Task] = {}
        """By delivery tag."""
        self._leaving = 0
        self._changed = threading.Condition()

    def add(self, task: Task) -> None:
        """Record a leased job."""
        with self._changed:
            self._open[task.delivery.delivery_tag] = task

    def decline(self, delivery: Delivery) -> None:
        """Return a job that was not added."""
        self._settlement.decline(delivery)

    @property
    def job_ids(self) -> frozenset[str]:
        """The ids of the jobs that have not left."""
        with self._changed:
            return frozenset(task.job.id for task in self._open.values())

    def wait_until_empty(self, timeout: float) -> bool:
        """Wait until all jobs have left; return whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._open or self._leaving), timeout)

    def begin(self, items: Iterable[BatchItem]) -> list[BatchItem]:
        """Mark pictures as in progress; return those whose jobs still want them."""
        with self._changed:
            begun = [item for item in items if self._wants(item)]
            for item in begun:
                item.task.remaining.remove(item.number)
                item.task.in_progress.add(item.number)
                item.task.has_begun = True
            return begun

    def stored(self, item: BatchItem, durations: Mapping[str, float]) -> None:
        """Record that a picture is in the store."""
        if self._is_in_progress(item):
            self._settlement.report_stored(item)
        self._end(item, lambda task: self._add_progress(task, durations))

    def withheld(self, item: BatchItem, durations: Mapping[str, float]) -> None:
        """Record that the safety checker rejected a picture."""
        if self._is_in_progress(item):
            self._settlement.report_withheld(item)
        self._end(item, lambda task: self._add_withheld(task, item.number, durations))

    def not_stored(self, item: BatchItem) -> None:
        """Record that a picture is not in progress any more, without being stored."""
        self._end(item, lambda task: task.remaining.append(item.number))

    def resolve(self, task: Task) -> None:
        """Let a job leave that has no remaining pictures after its preparation."""
        self._change(task, lambda: None)

    def cancel(self, job_ids: Iterable[str]) -> None:
        """End the jobs with these ids, which were cancelled by a user."""
        reason = "Cancelled; the remaining pictures are not generated."
        cancelled = frozenset(job_ids)
        self._end_jobs(Outcome("cancelled", reason), lambda task: task.job.id in cancelled)

    def fail(self, task: Task, reason: str) -> None:
        """End a job's attempt; the job is retried up to the delivery limit."""
        self._end_jobs(Outcome("failed", reason), lambda each: each is task)

    def reject(self, task: Task, reason: str) -> None:
        """End a job that no attempt can finish."""
        self._end_jobs(Outcome("rejected", reason), lambda each: each is task)

    def hand_back(self, task: Task, reason: str) -> None:
        """Return a job to the queue, for another worker."""
        self._end_jobs(Outcome("returned", reason), lambda each: each is task)

    def fail_deliveries(self, deliveries: Iterable[Delivery], reason: str) -> None:
        """End the attempts of those of these jobs that have not left."""
        tags = {delivery.delivery_tag for delivery in deliveries}
        self._end_jobs(Outcome("failed", reason), lambda each: each.delivery.delivery_tag in tags)

    def hand_back_all(self, reason: str) -> None:
        """Return all jobs to the queue, each once its pictures in progress have ended."""
        self._end_jobs(Outcome("returned", reason), lambda _: True)

    def abandon(self) -> None:
        """Let jobs leave although some of their pictures are still in progress."""
        for task in self._tasks(lambda task: task.outcome is not None):
            self._change(task, lambda task=task: self._abandon_pictures(task))  # type: ignore[misc]

    def _end(self, item: BatchItem, record: Callable[[Task], object]) -> None:
        def change() -> None:
            if item.number in item.task.in_progress:
                item.task.in_progress.remove(item.number)
                record(item.task)

        self._change(item.task, change)

    def _end_jobs(self, outcome: Outcome, condition: Callable[[Task], bool]) -> None:
        for task in self._tasks(condition):
            self._change(task, lambda task=task: self._set_outcome(task, outcome))  # type: ignore[misc]

    def _tasks(self, condition: Callable[[Task], bool]) -> list[Task]:
        with self._changed:
            return [task for task in self._open.values() if condition(task)]

    def _change(self, task: Task, change: Callable[[], object]) -> None:
        """Change a task, and settle its job in this thread if that ended it."""
        with self._changed:
            if self._open.get(task.delivery.delivery_tag) is not task:
                return
            change()
            if task.in_progress or (task.remaining and task.outcome is None):
                return
            del self._open[task.delivery.delivery_tag]
            self._leaving += 1
        try:
            self._settlement.settle(task)
        finally:
            with self._changed:
                self._leaving -= 1
                self._changed.notify_all()

    def _wants(self, item: BatchItem) -> bool:
        task = item.task
        is_open = self._open.get(task.delivery.delivery_tag) is task
        return is_open and task.outcome is None and item.number in task.remaining

    def _is_in_progress(self, item: BatchItem) -> bool:
        with self._changed:
            is_open = item.task.delivery.delivery_tag in self._open
            return is_open and item.number in item.task.in_progress

    @staticmethod
    def _set_outcome(task: Task, outcome: Outcome) -> None:
        task.outcome = task.outcome or outcome

    @staticmethod
    def _add_progress(task: Task, durations: Mapping[str, float]) -> None:
        task.has_progress = True
        task.add_durations(durations)

    @staticmethod
    def _add_withheld(task: Task, number: int, durations: Mapping[str, float]) -> None:
        task.withheld.add(number)
        task.add_durations(durations)

    @staticmethod
    def _abandon_pictures(task: Task) -> None:
        task.remaining.extend(task.in_progress)
        task.in_progress.clear()
