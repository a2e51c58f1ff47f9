"""The worker's life after its model is loaded: take jobs, do them, until told to stop."""

import time
from contextlib import suppress

from core.errors import QueueError
from wire.queues.base import Delivery
from worker.batch import do_batch
from worker.context import Parts
from worker.retry import patiently

_TAKE_TIMEOUT = 0.5
"""Seconds: how long a worker with nothing to do may overlook that it should stop."""

_LONGEST_WAIT_FOR_ONE_TASK = 60.0
"""Seconds. RabbitMQ's numbers are some seconds old, so KEDA may start a Job for a request
that is done already: it ends, in place of holding a GPU until the next request."""


def work(parts: Parts) -> None:
    """Do jobs until ``parts.stopping`` is asked.

    With EXIT_AFTER_ONE_TASK do one, or none if none comes within a minute.

    Raises:
        DeviceLost: the device fails at everything; unfinished jobs were given back.

    """
    started = time.monotonic()
    while not parts.stopping.asked and not _one_task_too_many(parts, started):
        deliveries = _take(parts)
        if deliveries:
            do_batch(parts, deliveries)
            if parts.settings.exit_after_one_task:
                return


def _one_task_too_many(parts: Parts, started: float) -> bool:
    waited = time.monotonic() - started
    return parts.settings.exit_after_one_task and waited > _LONGEST_WAIT_FOR_ONE_TASK


def _take(parts: Parts) -> list[Delivery]:
    taken: list[Delivery] = []
    with suppress(QueueError):  # it went on until we were told to stop, or one job is here
        taken += patiently(
            lambda: parts.queue.take(1, _TAKE_TIMEOUT),
            parts.stopping,
            # A queue also refuses, as when it cannot bury a bad message for want of memory.
            retried=(QueueError,),
        )
        while taken and _has_room(parts, taken) and (more := parts.queue.take(1, timeout=0)):
            taken += more
    return taken


def _has_room(parts: Parts, taken: list[Delivery]) -> bool:
    """Tell whether these jobs fill less than a call; jobs beyond it are for other workers."""
    if parts.settings.exit_after_one_task:
        return False
    return sum(delivery.job.count for delivery in taken) < parts.batch_size
