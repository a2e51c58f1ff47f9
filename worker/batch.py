"""Process a batch of jobs: generate, store each picture, store the metadata, acknowledge.

A job leaves the queue only when all its objects are stored. When processing ends earlier, because
of a signal, a lost device or an unreachable store, the job is requeued.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from core.errors import GenerationFailed, QueueError, StoreError
from core.logs import job_context
from wire.messages.metadata import encode_metadata
from wire.messages.names import DELIVERY_LIMIT
from wire.messages.object_names import metadata_name, picture_name
from wire.queues.base import Delivery
from wire.stores.cancellation import clear_cancellation, is_cancelled
from worker import metrics
from worker.context import WorkerContext
from worker.energy import EnergyMeter
from worker.generator import DeviceLost, Interrupted, PictureRequest, Pixels
from worker.png import encode_png
from worker.resume import skip_stored
from worker.retry import retry_transient
from worker.task import BatchItem, Task, build_metadata, measure, next_batch, prepare_task

log = logging.getLogger(__name__)

_STEP_EVENT_INTERVAL_SECONDS = 0.05
"""Pages show no more, and a fast GPU would send thousands of events."""


def process_batch(context: WorkerContext, deliveries: list[Delivery]) -> None:
    """Finish, dead-letter or requeue each of these jobs.

    Raises:
        DeviceLost: no further picture can be generated; the unfinished jobs are requeued.

    """
    tasks = [prepare_task(delivery, context.generator.model) for delivery in deliveries]
    try:
        _process(context, tasks)
    except Interrupted:
        _requeue(context, tasks, "The worker is shutting down; another worker continues.")
    except (StoreError, QueueError) as error:
        _requeue(context, tasks, str(error))
    except DeviceLost as error:
        _requeue(context, tasks, str(error))
        raise


def _process(context: WorkerContext, tasks: list[Task]) -> None:
    """Process tasks until the list is empty; a task is removed when its job is settled."""
    batch_size = context.batch_size
    for task in _drop_cancelled(context, tasks):
        _start(context, task)
    while _drop_finished(context, tasks):
        if context.shutdown.deadline_passed:
            raise Interrupted
        items = next_batch(tasks, batch_size)
        try:
            _generate(context, items)
        except GenerationFailed as error:
            if len(items) > 1:
                # A smaller batch needs less memory, and separates the failing job from others.
                batch_size = len(items) // 2
                continue
            _fail(context, items[0].task, str(error))
            tasks.remove(items[0].task)


def _start(context: WorkerContext, task: Task) -> None:
    context.emit("received", task.job, job=task.job)
    with job_context(task.job.id):
        log.info("Attempt %d, %s.", task.delivery.attempt, _pictures(task))
        if task.delivery.attempt > 1:
            skip_stored(context, task)


def _drop_finished(context: WorkerContext, tasks: list[Task]) -> list[Task]:
    """Settle cancelled and complete tasks; a job can be cancelled until it is acknowledged."""
    for task in [task for task in _drop_cancelled(context, tasks) if not task.remaining]:
        _finish(context, task)
        tasks.remove(task)
    return tasks


def _drop_cancelled(context: WorkerContext, tasks: list[Task]) -> list[Task]:
    for task in [task for task in tasks if _is_cancelled(context, task)]:
        _cancel(context, task)
        tasks.remove(task)
    return tasks


def _is_cancelled(context: WorkerContext, task: Task) -> bool:
    # Unknown while the store is unreachable: generate, and retry when the picture is stored.
    with suppress(StoreError):
        return is_cancelled(context.store, task.job.id)
    return False


def _generate(context: WorkerContext, items: list[BatchItem]) -> None:
    started, energy = time.monotonic(), EnergyMeter(context.generator.model.gpu_uuid)
    pictures = context.generator.generate(
        [PictureRequest(item.parameters) for item in items],
        _step_callback(context, items),
        lambda: context.shutdown.deadline_passed,
    )
    seconds = time.monotonic() - started
    joules = energy.per_picture(len(items))
    metrics.GENERATION_SECONDS.observe(seconds)
    for item, picture in zip(items, pictures, strict=True):
        item.task.generation_seconds += seconds / len(items)
        item.task.energies.append(joules)
        _store_picture(context, item, picture.pixels)


def _step_callback(context: WorkerContext, items: list[BatchItem]) -> Callable[[int], None]:
    steps = items[0].parameters.steps or 0
    last_emitted_at = 0.0

    def on_step(step: int) -> None:
        nonlocal last_emitted_at
        now = time.monotonic()
        if step < steps and now - last_emitted_at < _STEP_EVENT_INTERVAL_SECONDS:
            return
        last_emitted_at = now
        for item in items:
            context.emit("step", item.task.job, picture=item.number, step=step, steps=steps)

    return on_step


def _store_picture(context: WorkerContext, item: BatchItem, pixels: Pixels) -> None:
    task, name = item.task, picture_name(item.task.job.id, item.number)
    started = time.monotonic()
    _store(context, task, name, encode_png(pixels), "image/png")
    seconds = time.monotonic() - started
    metrics.STORING_SECONDS.observe(seconds)
    metrics.PICTURES.inc()
    task.upload_seconds += seconds
    task.remaining.remove(item.number)
    context.emit("stored", task.job, picture=item.number, name=name)


def _store(context: WorkerContext, task: Task, name: str, body: bytes, content_type: str) -> None:
    def put() -> None:
        context.store.put(name, body, content_type)

    with job_context(task.job.id):
        retry_transient(put, context.shutdown, lambda error: context.emit_detail(task.job, error))


def _finish(context: WorkerContext, task: Task) -> None:
    if not task.has_metadata:
        metadata = build_metadata(task, context.generator.model, context.name, context.settings)
        body = encode_metadata(metadata)
        _store(context, task, metadata_name(task.job.id), body, "application/json")
    retry_transient(lambda: context.queue.acknowledge(task.delivery), context.shutdown)
    _report(context, task, "done", f"{_pictures(task)} stored.", timings=measure(task))


def _cancel(context: WorkerContext, task: Task) -> None:
    retry_transient(lambda: context.queue.acknowledge(task.delivery), context.shutdown)
    with suppress(StoreError):  # a leftover mark has no effect: ids are never reused
        clear_cancellation(context.store, task.job.id)
    _report(context, task, "cancelled", "Cancelled; the remaining pictures are not generated.")


def _fail(context: WorkerContext, task: Task, reason: str) -> None:
    """Requeue a failed job, or dead-letter it after its last attempt."""
    if task.delivery.attempt <= DELIVERY_LIMIT:
        retry_transient(lambda: context.queue.requeue(task.delivery), context.shutdown)
        _report(context, task, "returned", reason)
    else:
        retry_transient(lambda: context.queue.reject(task.delivery, reason), context.shutdown)
        _report(context, task, "failed", reason)


def _requeue(context: WorkerContext, tasks: list[Task], reason: str) -> None:
    for task in tasks:
        # An unreachable queue redelivers the job: RabbitMQ when the connection is lost, SQLite
        # when the lease expires.
        with suppress(QueueError):
            context.queue.requeue(task.delivery)
        _report(context, task, "returned", reason)


def _pictures(task: Task) -> str:
    return "1 picture" if task.job.count == 1 else f"{task.job.count} pictures"


def _report(
    context: WorkerContext,
    task: Task,
    result: Literal["done", "failed", "returned", "cancelled"],
    detail: str,
    **fields: Any,
) -> None:
    context.emit(result, task.job, detail=detail, **fields)
    metrics.JOBS.labels(result).inc()
    with job_context(task.job.id):
        log.log(logging.ERROR if result == "failed" else logging.INFO, "%s: %s", result, detail)
