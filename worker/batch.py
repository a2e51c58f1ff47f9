"""Doing one batch of jobs: paint, store each picture, store the metadata, acknowledge.

A job leaves the queue only when everything of it is in the store. Whatever ends the work
earlier, be it a signal, a lost device or a store that stays away, gives it back.
"""

import logging
import time
from contextlib import suppress

import numpy as np

from core.errors import PaintingFailed, QueueError, StoreError
from core.logs import about_job
from wire.messages.names import DELIVERY_LIMIT
from wire.messages.picture import encode_metadata, metadata_name, picture_name
from wire.queues.base import Delivery
from wire.stores.cancellation import forget_cancellation, is_cancelled
from worker import metrics
from worker.context import Parts
from worker.generator import DeviceLost, Interrupted
from worker.png import encode_png
from worker.resume import leave_out_stored
from worker.retry import patiently
from worker.task import Place, Task, describe, next_call, start_task, timings_of

log = logging.getLogger(__name__)

_STEP_EVENTS_APART = 0.05
"""Seconds: a page cannot show more, and a fast GPU would send thousands."""


def do_batch(parts: Parts, deliveries: list[Delivery]) -> None:
    """Finish these jobs, each in the store, among the dead letters, or back on the queue.

    Raises:
        DeviceLost: nothing can be painted any more; the jobs were given back.

    """
    tasks = [start_task(delivery, parts.generator.description) for delivery in deliveries]
    try:
        _do_all(parts, tasks)
    except Interrupted:
        _give_back(parts, tasks, "The worker was told to stop; another one goes on.")
    except (StoreError, QueueError) as error:
        _give_back(parts, tasks, str(error))
    except DeviceLost as error:
        _give_back(parts, tasks, str(error))
        raise


def _receive(parts: Parts, task: Task) -> None:
    parts.tell("received", task.job, job=task.job)
    with about_job(task.job.id):
        log.info("Attempt %d, %d pictures.", task.delivery.attempt, task.job.count)
        if task.delivery.attempt > 1:
            leave_out_stored(parts, task)


def _do_all(parts: Parts, tasks: list[Task]) -> None:
    """Do tasks until none is left; each leaves the list when it leaves this worker."""
    size = parts.batch_size
    for task in _drop_cancelled(parts, tasks):
        _receive(parts, task)
    while _unfinished(parts, tasks):
        if parts.stopping.overdue:
            raise Interrupted
        places = next_call(tasks, size)
        try:
            _paint(parts, places)
        except PaintingFailed as error:
            if len(places) > 1:
                # Fewer may fit into memory, and a job must not fail for its neighbour.
                size = len(places) // 2
                continue
            _fail(parts, places[0].task, str(error))
            tasks.remove(places[0].task)


def _unfinished(parts: Parts, tasks: list[Task]) -> list[Task]:
    """Drop what was cancelled, at the last picture too, and finish what is complete."""
    for task in [task for task in _drop_cancelled(parts, tasks) if not task.left]:
        _finish(parts, task)
        tasks.remove(task)
    return tasks


def _drop_cancelled(parts: Parts, tasks: list[Task]) -> list[Task]:
    for task in [task for task in tasks if _is_cancelled(parts, task)]:
        _cancel(parts, task)
        tasks.remove(task)
    return tasks


def _is_cancelled(parts: Parts, task: Task) -> bool:
    # A store that is away says nothing: paint on, and wait for it with the picture.
    with suppress(StoreError):
        return is_cancelled(parts.store, task.job.id)
    return False


def _paint(parts: Parts, places: list[Place]) -> None:
    begun = time.monotonic()
    pictures = parts.generator.paint(
        [place.painting for place in places],
        _step_teller(parts, places),
        lambda: parts.stopping.overdue,
    )
    seconds = time.monotonic() - begun
    metrics.PAINTING_SECONDS.observe(seconds)
    for place, pixels in zip(places, pictures, strict=True):
        place.task.painting_seconds += seconds / len(places)
        _store_picture(parts, place, pixels)


def _step_teller(parts: Parts, places: list[Place]):
    last = 0.0

    def on_step(step: int) -> None:
        nonlocal last
        now, steps = time.monotonic(), places[0].painting.steps
        if step < steps and now - last < _STEP_EVENTS_APART:
            return
        last = now
        for place in places:
            parts.tell("step", place.task.job, picture=place.number, step=step, steps=steps)

    return on_step


def _store_picture(parts: Parts, place: Place, pixels: np.ndarray) -> None:
    task, name = place.task, picture_name(place.task.job.id, place.number)
    begun = time.monotonic()
    _store(parts, task, name, encode_png(pixels), "image/png")
    seconds = time.monotonic() - begun
    metrics.STORING_SECONDS.observe(seconds)
    metrics.PICTURES.inc()
    task.storing_seconds += seconds
    task.left.remove(place.number)
    parts.tell("stored", task.job, picture=place.number, name=name)


def _store(parts: Parts, task: Task, name: str, body: bytes, content_type: str) -> None:
    def tell(sentence: str) -> None:
        parts.tell("step", task.job, detail=sentence)

    with about_job(task.job.id):
        patiently(lambda: parts.store.put(name, body, content_type), parts.stopping, tell)


def _finish(parts: Parts, task: Task) -> None:
    if not task.is_described:
        _store_metadata(parts, task)
    patiently(lambda: parts.queue.acknowledge(task.delivery), parts.stopping)
    _close(parts, task, "done", f"{task.job.count} pictures stored.", timings=timings_of(task))


def _store_metadata(parts: Parts, task: Task) -> None:
    metadata = describe(task, parts.generator.description, parts.name, parts.settings)
    name = metadata_name(task.job.id)
    _store(parts, task, name, encode_metadata(metadata), "application/json")


def _cancel(parts: Parts, task: Task) -> None:
    patiently(lambda: parts.queue.acknowledge(task.delivery), parts.stopping)
    with suppress(StoreError):  # a mark that stays does no harm: ids are used once
        forget_cancellation(parts.store, task.job.id)
    _close(parts, task, "cancelled", "Cancelled; what was not painted yet is left out.")


def _fail(parts: Parts, task: Task, reason: str) -> None:
    if task.delivery.attempt <= DELIVERY_LIMIT:
        patiently(lambda: parts.queue.give_back(task.delivery), parts.stopping)
        _close(parts, task, "returned", reason)
    else:
        patiently(lambda: parts.queue.reject(task.delivery, reason), parts.stopping)
        _close(parts, task, "failed", reason)


def _give_back(parts: Parts, tasks: list[Task], reason: str) -> None:
    for task in tasks:
        # If the queue is away, the lease ends by itself and the job returns.
        with suppress(QueueError):
            parts.queue.give_back(task.delivery)
        _close(parts, task, "returned", reason)


def _close(parts: Parts, task: Task, kind: str, detail: str, **fields: object) -> None:
    parts.tell(kind, task.job, detail=detail, **fields)
    metrics.JOBS.labels(kind).inc()
    with about_job(task.job.id):
        log.log(logging.ERROR if kind == "failed" else logging.INFO, "%s: %s", kind, detail)
