"""Doing one batch of jobs: paint, store each picture, store the metadata, acknowledge.

A job leaves the queue only when everything of it is in the store. Whatever ends the work
earlier, be it a signal, a lost device or a store that stays away, gives it back.
"""

import logging
import time
from contextlib import suppress

import numpy as np

from core.errors import GenerationFailed, QueueError, StoreError
from core.logs import job_context
from wire.messages.names import DELIVERY_LIMIT
from wire.messages.picture import encode_metadata, metadata_name, picture_name
from wire.queues.base import Delivery
from wire.stores.cancellation import clear_cancellation, is_cancelled
from worker import metrics
from worker.context import WorkerContext
from worker.generator import DeviceLost, Interrupted
from worker.png import encode_png
from worker.resume import skip_stored
from worker.retry import retry_transient
from worker.task import BatchItem, Task, describe, next_call, start_task, timings_of

log = logging.getLogger(__name__)

_STEP_EVENTS_APART = 0.05
"""Seconds: a page cannot show more, and a fast GPU would send thousands."""


def do_batch(context: WorkerContext, deliveries: list[Delivery]) -> None:
    """Finish these jobs, each in the store, among the dead letters, or back on the queue.

    Raises:
        DeviceLost: nothing can be painted any more; the jobs were given back.

    """
    tasks = [start_task(delivery, context.generator.model) for delivery in deliveries]
    try:
        _do_all(context, tasks)
    except Interrupted:
        _give_back(context, tasks, "The worker was told to stop; another one goes on.")
    except (StoreError, QueueError) as error:
        _give_back(context, tasks, str(error))
    except DeviceLost as error:
        _give_back(context, tasks, str(error))
        raise


def _receive(context: WorkerContext, task: Task) -> None:
    context.emit("received", task.job, job=task.job)
    with job_context(task.job.id):
        log.info("Attempt %d, %d pictures.", task.delivery.attempt, task.job.count)
        if task.delivery.attempt > 1:
            skip_stored(context, task)


def _do_all(context: WorkerContext, tasks: list[Task]) -> None:
    """Do tasks until none is left; each leaves the list when it leaves this worker."""
    size = context.batch_size
    for task in _drop_cancelled(context, tasks):
        _receive(context, task)
    while _unfinished(context, tasks):
        if context.shutdown.deadline_passed:
            raise Interrupted
        places = next_call(tasks, size)
        try:
            _paint(context, places)
        except GenerationFailed as error:
            if len(places) > 1:
                # Fewer may fit into memory, and a job must not fail for its neighbour.
                size = len(places) // 2
                continue
            _fail(context, places[0].task, str(error))
            tasks.remove(places[0].task)


def _unfinished(context: WorkerContext, tasks: list[Task]) -> list[Task]:
    """Drop what was cancelled, at the last picture too, and finish what is complete."""
    for task in [task for task in _drop_cancelled(context, tasks) if not task.left]:
        _finish(context, task)
        tasks.remove(task)
    return tasks


def _drop_cancelled(context: WorkerContext, tasks: list[Task]) -> list[Task]:
    for task in [task for task in tasks if _is_cancelled(context, task)]:
        _cancel(context, task)
        tasks.remove(task)
    return tasks


def _is_cancelled(context: WorkerContext, task: Task) -> bool:
    # A store that is away says nothing: paint on, and wait for it with the picture.
    with suppress(StoreError):
        return is_cancelled(context.store, task.job.id)
    return False


def _paint(context: WorkerContext, places: list[BatchItem]) -> None:
    begun = time.monotonic()
    pictures = context.generator.generate(
        [place.parameters for place in places],
        _step_teller(context, places),
        lambda: context.shutdown.deadline_passed,
    )
    seconds = time.monotonic() - begun
    metrics.PAINTING_SECONDS.observe(seconds)
    for place, pixels in zip(places, pictures, strict=True):
        place.task.generation_seconds += seconds / len(places)
        _store_picture(context, place, pixels)


def _step_teller(context: WorkerContext, places: list[BatchItem]):
    last = 0.0

    def on_step(step: int) -> None:
        nonlocal last
        now, steps = time.monotonic(), places[0].parameters.steps
        if step < steps and now - last < _STEP_EVENTS_APART:
            return
        last = now
        for place in places:
            context.emit("step", place.task.job, picture=place.number, step=step, steps=steps)

    return on_step


def _store_picture(context: WorkerContext, place: BatchItem, pixels: np.ndarray) -> None:
    task, name = place.task, picture_name(place.task.job.id, place.number)
    begun = time.monotonic()
    _store(context, task, name, encode_png(pixels), "image/png")
    seconds = time.monotonic() - begun
    metrics.STORING_SECONDS.observe(seconds)
    metrics.PICTURES.inc()
    task.upload_seconds += seconds
    task.left.remove(place.number)
    context.emit("stored", task.job, picture=place.number, name=name)


def _store(context: WorkerContext, task: Task, name: str, body: bytes, content_type: str) -> None:
    def tell(sentence: str) -> None:
        context.emit("step", task.job, detail=sentence)

    with job_context(task.job.id):
        retry_transient(lambda: context.store.put(name, body, content_type), context.shutdown, tell)


def _finish(context: WorkerContext, task: Task) -> None:
    if not task.is_described:
        _store_metadata(context, task)
    retry_transient(lambda: context.queue.acknowledge(task.delivery), context.shutdown)
    _close(context, task, "done", f"{task.job.count} pictures stored.", timings=timings_of(task))


def _store_metadata(context: WorkerContext, task: Task) -> None:
    metadata = describe(task, context.generator.model, context.name, context.settings)
    name = metadata_name(task.job.id)
    _store(context, task, name, encode_metadata(metadata), "application/json")


def _cancel(context: WorkerContext, task: Task) -> None:
    retry_transient(lambda: context.queue.acknowledge(task.delivery), context.shutdown)
    with suppress(StoreError):  # a mark that stays does no harm: ids are used once
        clear_cancellation(context.store, task.job.id)
    _close(context, task, "cancelled", "Cancelled; what was not painted yet is left out.")


def _fail(context: WorkerContext, task: Task, reason: str) -> None:
    if task.delivery.attempt <= DELIVERY_LIMIT:
        retry_transient(lambda: context.queue.requeue(task.delivery), context.shutdown)
        _close(context, task, "returned", reason)
    else:
        retry_transient(lambda: context.queue.reject(task.delivery, reason), context.shutdown)
        _close(context, task, "failed", reason)


def _give_back(context: WorkerContext, tasks: list[Task], reason: str) -> None:
    for task in tasks:
        # If the queue is away, the lease ends by itself and the job returns.
        with suppress(QueueError):
            context.queue.requeue(task.delivery)
        _close(context, task, "returned", reason)


def _close(context: WorkerContext, task: Task, kind: str, detail: str, **fields: object) -> None:
    context.emit(kind, task.job, detail=detail, **fields)
    metrics.JOBS.labels(kind).inc()
    with job_context(task.job.id):
        log.log(logging.ERROR if kind == "failed" else logging.INFO, "%s: %s", kind, detail)
