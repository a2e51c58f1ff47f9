"""The worker's life after its model is loaded: take jobs, do them, until told to stop."""

from contextlib import suppress

from wire.errors import QueueError
from wire.queue import Delivery
from worker.batch import do_batch
from worker.parts import Parts
from worker.patience import patiently

_TAKE_TIMEOUT = 0.5
"""Seconds: how long a worker with nothing to do may overlook that it should stop."""


def work(parts: Parts) -> None:
    """Do jobs until ``parts.stopping`` is asked, or one if EXIT_AFTER_ONE_TASK is set.

    Raises:
        DeviceLost: the device fails at everything; unfinished jobs were given back.

    """
    while not parts.stopping.asked:
        deliveries = _take(parts)
        if deliveries:
            do_batch(parts, deliveries)
            if parts.settings.exit_after_one_task:
                return


def _take(parts: Parts) -> list[Delivery]:
    # Each job has at least one picture, so this many fill a call of the pipeline.
    limit = 1 if parts.settings.exit_after_one_task else parts.batch_size
    with suppress(QueueError):  # it went on until we were told to stop
        return patiently(
            lambda: parts.queue.take(limit, _TAKE_TIMEOUT),
            parts.stopping,
            # A queue also refuses, as when it cannot bury a bad message for want of memory.
            retried=(QueueError,),
        )
    return []
