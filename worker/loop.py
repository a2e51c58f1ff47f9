"""The worker's main loop: receive and process jobs until shutdown is requested."""

import time
from contextlib import suppress

from core.errors import QueueError
from wire.queues.base import Delivery
from worker.batch import process_batch
from worker.context import WorkerContext
from worker.retry import retry_transient

_RECEIVE_TIMEOUT_SECONDS = 0.5
"""Maximum delay of the shutdown of an idle worker."""

_MAX_WAIT_FOR_ONE_TASK_SECONDS = 60.0
"""RabbitMQ's counts are some seconds old, so KEDA may start a Job for a request that is finished.
Such a worker exits instead of occupying a GPU until the next request."""


def run(context: WorkerContext) -> None:
    """Process jobs until ``context.shutdown`` is requested.

    With EXIT_AFTER_ONE_TASK, return after one job, or after a minute without a job.

    Raises:
        DeviceLost: no further picture can be generated; the unfinished jobs are requeued.

    """
    started = time.monotonic()
    while not context.shutdown.requested and not _waited_too_long(context, started):
        deliveries = _receive(context)
        if deliveries:
            process_batch(context, deliveries)
            if context.settings.exit_after_one_task:
                return


def _waited_too_long(context: WorkerContext, started: float) -> bool:
    waited = time.monotonic() - started
    return context.settings.exit_after_one_task and waited > _MAX_WAIT_FOR_ONE_TASK_SECONDS


def _receive(context: WorkerContext) -> list[Delivery]:
    """Receive a job, and further ready jobs while their pictures fit into one batch."""
    deliveries: list[Delivery] = []
    # Fails at shutdown, or for a further job: then those received so far are processed.
    with suppress(QueueError):
        deliveries += retry_transient(
            lambda: context.queue.receive(1, _RECEIVE_TIMEOUT_SECONDS),
            context.shutdown,
            # Receiving may publish: a queue short of memory refuses to dead-letter a message.
            transient_errors=(QueueError,),
        )
        while deliveries and _has_room(context, deliveries):
            more = context.queue.receive(1, timeout=0)
            if not more:
                break
            deliveries += more
    return deliveries


def _has_room(context: WorkerContext, deliveries: list[Delivery]) -> bool:
    """Return whether these jobs leave room in a batch; further jobs are left to other workers."""
    if context.settings.exit_after_one_task:
        return False
    return sum(delivery.job.count for delivery in deliveries) < context.batch_size
