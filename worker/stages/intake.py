"""The stage that receives jobs: the only one that calls ``Queue.receive``."""

import logging
import time
from contextlib import suppress

from core.errors import MessageError, QueueError, StoreError
from core.logs import job_context
from wire.messages.model import require_accepted
from wire.queues.base import Delivery
from worker.context import WorkerContext
from worker.init_image import load_init_image
from worker.resume import skip_stored
from worker.retry import retry_transient
from worker.stages.batcher import Batcher
from worker.stages.cancellations import Cancellations
from worker.stages.ledger import JobLedger
from worker.stages.look_ahead import LookAhead
from worker.stages.settlement import pluralize
from worker.stages.stage import Closed
from worker.task import Task, prepare_task

log = logging.getLogger(__name__)

RECEIVE_TIMEOUT_SECONDS = 0.5
"""Maximum delay of the shutdown of an idle worker."""

MAX_WAIT_FOR_ONE_TASK_SECONDS = 60.0
"""RabbitMQ's counts are some seconds old, so KEDA may start a Job for a request that is finished.
Such a worker exits instead of occupying a GPU until the next request."""


class Intake:
    """Receives jobs shortly before the generator needs them, and prepares them."""

    def __init__(
        self,
        context: WorkerContext,
        ledger: JobLedger,
        batcher: Batcher,
        cancellations: Cancellations,
    ) -> None:
        self._context, self._ledger = context, ledger
        self._batcher, self._cancellations = batcher, cancellations
        self._look_ahead = LookAhead(batcher)
        self._started = time.monotonic()
        self._retried: Delivery | None = None
        """A job that waits until it is the only one."""
        self._alone = False
        self._has_received = False
        self._closed = False

    def close(self) -> None:
        """Receive no further jobs."""
        self._closed = True

    def receive(self) -> list[Delivery]:
        """Return the next jobs; wait for them. Raises Closed at the end."""
        deliveries: list[Delivery] = []
        while not self._has_ended():
            if deliveries:
                self._has_received = True
                return deliveries
            # The shutdown may be requested during each wait.
            if self._wait_for_room() and not self._has_ended():
                deliveries = self._next_deliveries()
        for delivery in (*deliveries, *filter(None, [self._retried])):
            self._ledger.decline(delivery)
        raise Closed

    def prepare(self, deliveries: list[Delivery]) -> list[list[Task]]:
        """Turn deliveries into one group of tasks; settle those that need no generator."""
        model, loading = self._context.generator.model, self._context.loading
        tasks = [prepare_task(delivery, model, loading) for delivery in deliveries]
        for task in tasks:
            self._ledger.add(task)
        self._ledger.cancel(self._cancellations.marks() & {task.job.id for task in tasks})
        for task in tasks:
            if not task.outcome:
                self._start(task)
        return [[task for task in tasks if task.remaining and not task.outcome]]

    def fail(self, deliveries: list[Delivery], error: Exception) -> None:
        """Return jobs whose preparation failed."""
        self._ledger.fail_deliveries(deliveries, f"The job could not be prepared: {error}")

    def _start(self, task: Task) -> None:
        self._context.emit("received", task.job, job=task.job)
        with job_context(task.job.id):
            log.info("Attempt %d, %s.", task.delivery.attempt, pluralize(task.job.count))
            try:
                self._admit(task)
            except MessageError as error:
                self._ledger.reject(task, str(error))
            except StoreError as error:
                self._ledger.hand_back(task, str(error))

    def _admit(self, task: Task) -> None:
        """Check a job and load what it needs. Raises MessageError, and StoreError at shutdown."""
        require_accepted(self._context.generator.model.capabilities, task.job)
        if task.delivery.redelivered or not task.is_first_attempt:
            skip_stored(self._context, task)
            self._ledger.resolve(task)
        name = task.job.init_image
        if name is not None and task.remaining:
            task.init_image = retry_transient(
                lambda: load_init_image(self._context.store, name),
                self._context.shutdown,
                lambda error: self._context.emit_detail(task.job, error),
            )

    def _has_ended(self) -> bool:
        settings = self._context.settings
        if self._closed or self._context.shutdown.requested:
            return True
        if not settings.exit_after_one_task:
            return False
        waited = time.monotonic() - self._started
        return self._has_received or waited > MAX_WAIT_FOR_ONE_TASK_SECONDS

    def _wait_for_room(self) -> bool:
        if self._alone or self._retried:
            return self._ledger.wait_until_empty(RECEIVE_TIMEOUT_SECONDS)
        return self._look_ahead.wait_for_room(RECEIVE_TIMEOUT_SECONDS)

    def _next_deliveries(self) -> list[Delivery]:
        if self._retried:
            delivery, self._retried, self._alone = self._retried, None, True
            return [delivery]
        self._alone = False
        return self._separate(self._lease())

    def _separate(self, deliveries: list[Delivery]) -> list[Delivery]:
        """Keep a job whose attempt failed until it is the only one; decline further ones.

        It may have crashed the worker; all other leased jobs would lose an attempt with it.
        """
        retried = [delivery for delivery in deliveries if delivery.attempt > 1]
        for delivery in retried[1:]:
            self._ledger.decline(delivery)
        if retried:
            self._retried = retried[0]
        return [delivery for delivery in deliveries if delivery.attempt == 1]

    def _lease(self) -> list[Delivery]:
        """Lease a job, and further ready ones while their pictures fit into one batch."""
        deliveries: list[Delivery] = []
        limit = 1 if self._context.settings.exit_after_one_task else self._look_ahead.limit()
        # Fails at shutdown, or for a further job: then those received so far are processed.
        with suppress(QueueError):
            deliveries += retry_transient(
                lambda: self._context.queue.receive(limit, RECEIVE_TIMEOUT_SECONDS),
                self._context.shutdown,
                # Receiving may publish: a queue short of memory refuses to dead-letter a message.
                transient_errors=(QueueError,),
            )
            while limit == 1 and deliveries and self._has_room(deliveries):
                more = self._context.queue.receive(1, timeout=0)
                if not more:
                    break
                deliveries += more
        self._look_ahead.note(deliveries)
        to_requeue = self._look_ahead.to_requeue(deliveries)
        for delivery in to_requeue:
            self._ledger.decline(delivery)
        return [delivery for delivery in deliveries if delivery not in to_requeue]

    def _has_room(self, deliveries: list[Delivery]) -> bool:
        """Return whether these jobs leave room in a batch; further jobs are left to others."""
        if self._context.settings.exit_after_one_task or deliveries[-1].attempt > 1:
            return False
        return sum(delivery.job.count for delivery in deliveries) < self._batcher.batch_limit
