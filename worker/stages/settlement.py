"""Settle a job: write its metadata, acknowledge, return or dead-letter it, and report that."""

import logging
import time
from contextlib import suppress
from typing import Any, Literal

from core.errors import QueueError, StoreError
from core.logs import job_context
from wire.messages.metadata import encode_metadata
from wire.messages.names import DELIVERY_LIMIT
from wire.messages.object_names import metadata_name, picture_name
from wire.queues.base import Delivery, retry_pause
from wire.stores.cancellation import clear_cancellation
from worker import metrics
from worker.context import WorkerContext
from worker.retry import retry_transient
from worker.task import BatchItem, Task, build_metadata, measure

log = logging.getLogger(__name__)

_WITHHELD = "The model's safety checker withheld this picture; it was not stored."


class Settlement:
    """The only part of a worker that changes the queue and writes metadata."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    def settle(self, task: Task) -> None:
        """Let a job leave, by its outcome or because all its pictures are stored.

        While the queue or the store is unavailable, retry until shutdown is requested; then
        return the job.
        """
        try:
            self._settle(task)
        except (StoreError, QueueError) as error:
            self._return(task, str(error))

    def report_stored(self, item: BatchItem) -> None:
        """Report that a picture is in the store."""
        metrics.PICTURES.inc()
        name = picture_name(item.task.job.id, item.number)
        self._context.emit("stored", item.task.job, picture=item.number, name=name)

    def report_withheld(self, item: BatchItem) -> None:
        """Report that the safety checker rejected a picture."""
        self._context.emit("withheld", item.task.job, picture=item.number, detail=_WITHHELD)

    def decline(self, delivery: Delivery) -> None:
        """Return a job that was not begun."""
        with suppress(QueueError):  # redelivered when the lease ends
            self._context.queue.release(delivery)

    def _settle(self, task: Task) -> None:
        outcome = task.outcome
        if outcome is None or (outcome.kind == "returned" and not task.remaining):
            self._finish(task)
        elif outcome.kind == "cancelled":
            self._cancel(task, outcome.reason)
        elif outcome.kind == "returned":
            self._return(task, outcome.reason)
        elif outcome.kind == "failed" and task.delivery.attempt <= DELIVERY_LIMIT:
            self._retry_later(task, outcome.reason)
        else:
            self._dead_letter(task, outcome.reason)

    def _finish(self, task: Task) -> None:
        if not task.has_metadata:
            self._store_metadata(task)
        self._acknowledge(task)
        self._report(task, "done", describe_result(task), timings=measure(task))

    def _store_metadata(self, task: Task) -> None:
        context = self._context
        metadata = build_metadata(task, context.generator.model, context.name, context.settings)
        put_retrying(
            context,
            task,
            metadata_name(task.job.id),
            encode_metadata(metadata),
            "application/json",
        )

    def _cancel(self, task: Task, reason: str) -> None:
        self._acknowledge(task)
        with suppress(StoreError):  # a leftover mark has no effect: ids are never reused
            clear_cancellation(self._context.store, task.job.id)
        self._report(task, "cancelled", reason)

    def _acknowledge(self, task: Task) -> None:
        context = self._context
        retry_transient(lambda: context.queue.acknowledge(task.delivery), context.shutdown)

    def _retry_later(self, task: Task, reason: str) -> None:
        context = self._context
        retry_transient(lambda: context.queue.retry_later(task.delivery), context.shutdown)
        retry_at = time.time() + retry_pause(task.delivery.attempt)
        self._report(task, "returned", reason, retry_at=retry_at)

    def _dead_letter(self, task: Task, reason: str) -> None:
        context = self._context
        retry_transient(
            lambda: context.queue.reject(task.delivery, reason),
            context.shutdown,
            # A broker short of memory refuses the dead letter, and would deliver a job that was
            # returned again at once.
            transient_errors=(QueueError,),
        )
        self._report(task, "failed", reason)

    def _return(self, task: Task, reason: str) -> None:
        queue = self._context.queue
        # The attempt counts if it began and stored nothing: otherwise a job that can never be
        # finished would be tried for ever.
        counts = task.has_begun and not task.has_progress
        # An unreachable queue redelivers the job: RabbitMQ when the connection is lost, SQLite
        # when the lease expires.
        with suppress(QueueError):
            (queue.requeue if counts else queue.release)(task.delivery)
        self._report(task, "returned", reason)

    def _report(
        self,
        task: Task,
        result: Literal["done", "failed", "returned", "cancelled"],
        detail: str,
        **fields: Any,
    ) -> None:
        self._context.emit(result, task.job, detail=detail, **fields)
        metrics.JOBS.labels(result).inc()
        with job_context(task.job.id):
            log.log(logging.ERROR if result == "failed" else logging.INFO, "%s: %s", result, detail)


def put_retrying(
    context: WorkerContext, task: Task, name: str, body: bytes, content_type: str
) -> None:
    """Write an object of a job; retry until the store is available or shutdown is requested.

    Raises StoreError.
    """

    def put() -> None:
        context.store.put(name, body, content_type)

    with job_context(task.job.id):
        retry_transient(put, context.shutdown, lambda error: context.emit_detail(task.job, error))


def describe_result(task: Task) -> str:
    """Describe the pictures of a finished job in a sentence."""
    stored = task.job.count - len(task.withheld)
    withheld = f" {len(task.withheld)} withheld by the safety checker." if task.withheld else ""
    return f"{pluralize(stored)} stored.{withheld}"


def pluralize(count: int) -> str:
    """Return a number of pictures in words."""
    return "1 picture" if count == 1 else f"{count} pictures"
