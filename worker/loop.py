"""The worker's life after its model is loaded: take jobs, do them, until told to stop."""

import time
from contextlib import suppress

from core.errors import QueueError
from wire.queues.base import Delivery
from worker.batch import do_batch
from worker.context import WorkerContext
from worker.retry import retry_transient

_TAKE_TIMEOUT = 0.5
"""Seconds: how long a worker with nothing to do may overlook that it should stop."""

_LONGEST_WAIT_FOR_ONE_TASK = 60.0
"""Seconds. RabbitMQ's numbers are some seconds old, so KEDA may start a Job for a request
that is done already: it ends, in place of holding a GPU until the next request."""


def work(context: WorkerContext) -> None:
    """Do jobs until ``context.shutdown`` is asked.

    With EXIT_AFTER_ONE_TASK do one, or none if none comes within a minute.

    Raises:
        DeviceLost: the device fails at everything; unfinished jobs were given back.

    """
    started = time.monotonic()
    while not context.shutdown.requested and not _one_task_too_many(context, started):
        deliveries = _take(context)
        if deliveries:
            do_batch(context, deliveries)
            if context.settings.exit_after_one_task:
                return


def _one_task_too_many(context: WorkerContext, started: float) -> bool:
    waited = time.monotonic() - started
    return context.settings.exit_after_one_task and waited > _LONGEST_WAIT_FOR_ONE_TASK


def _take(context: WorkerContext) -> list[Delivery]:
    taken: list[Delivery] = []
    with suppress(QueueError):  # it went on until we were told to stop, or one job is here
        taken += retry_transient(
            lambda: context.queue.receive(1, _TAKE_TIMEOUT),
            context.shutdown,
            # A queue also refuses, as when it cannot bury a bad message for want of memory.
            retried=(QueueError,),
        )
        while taken and _has_room(context, taken) and (more := context.queue.receive(1, timeout=0)):
            taken += more
    return taken


def _has_room(context: WorkerContext, taken: list[Delivery]) -> bool:
    """Tell whether these jobs fill less than a call; jobs beyond it are for other workers."""
    if context.settings.exit_after_one_task:
        return False
    return sum(delivery.job.count for delivery in taken) < context.batch_size
