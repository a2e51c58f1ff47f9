"""The queue on RabbitMQ; see wire.queues.base.Queue.

A job stays unacknowledged on the channel that delivered it until it is finished. If the connection
is lost, the broker redelivers the job to another worker, and acknowledgements of this process have
no effect: the delivery tags of a lost channel are void.
"""

import threading
import time
from collections.abc import Callable, Iterator

from pika import BasicProperties

from core.call_lock import CallLock
from core.errors import QueueError, QueueUnavailable
from core.settings import Settings
from wire.messages import names
from wire.messages.job import Job, encode
from wire.queues.base import (
    DEAD_LETTER_GONE,
    DeadLetter,
    Delivery,
    QueueDepth,
    decode_job,
    retry_pause,
)
from wire.queues.rabbitmq import dead_letters
from wire.queues.rabbitmq.consumer import Consumer
from wire.queues.rabbitmq.counts import LastCount, count_ready, count_retries
from wire.queues.rabbitmq.gate import REFRESH_SECONDS
from wire.queues.rabbitmq.leases import Leases
from wire.queues.rabbitmq.management import Management
from wire.queues.rabbitmq.turns import Turns
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.connection import shared_connection
from wire.rabbitmq.publisher import Publisher

_UNCOUNTED = "Until then jobs whose turns another dashboard keeps are missing in the waiting ones."


class RabbitQueue:
    """The queue `tasks` on the broker at RABBITMQ_URL; connects on first use.

    Callers ask for the session before they take a lock: while the broker is unreachable, each waits
    its own time, not that of all.
    """

    def __init__(self, settings: Settings) -> None:
        """Raise SettingsError if RABBITMQ_URL is not an AMQP URL."""
        self._connection = shared_connection(settings.rabbitmq_url)
        self._management = Management(settings)
        self._closed = False
        self._publisher_lock = CallLock()
        self._receive_lock = threading.Lock()
        self._dead_letters_lock = CallLock()
        self._turns = Turns(self._open_publisher, settings.max_ready_jobs)
        self._held_elsewhere = LastCount()
        self._publisher: Publisher | None = None
        self._consumer: Consumer | None = None
        self._leases = Leases(self._open_publisher, self.publish)

    def publish(self, job: Job) -> None:
        """Add a job; return once the broker has confirmed it."""
        publisher = self._open_publisher()
        properties = BasicProperties(content_type="application/json", message_id=job.id)
        # A broker that blocks publishers answers nothing more; the publisher reports it.
        blocked = publisher.channel.session.blocked
        queue_name = names.QUEUE if blocked else self._turns.queue_for_new_job()
        try:
            publisher.publish("", queue_name, encode(job), properties)
        except QueueUnavailable as error:
            raise QueueUnavailable(
                f"The job was not confirmed, so it may or may not be on the queue. {error}"
            ) from None

    def receive(self, limit: int, timeout: float) -> list[Delivery]:
        """Lease up to ``limit`` jobs; wait up to ``timeout`` seconds for the first."""
        deadline = time.monotonic() + timeout
        with self._receive_lock:
            while True:
                remaining = deadline - time.monotonic()
                if self._turns.is_paused():
                    self._rest(remaining)
                    if remaining <= 0:
                        return []
                else:
                    messages = self._open_consumer().receive(limit, remaining)
                    deliveries = self._leases.admit_all(messages)
                    if deliveries or not messages:
                        return deliveries

    def acknowledge(self, delivery: Delivery) -> None:
        """Remove a finished job. Does nothing if the connection that delivered it is lost."""
        if message := self._leases.take(delivery):
            message.acknowledge()

    def requeue(self, delivery: Delivery) -> None:
        """Return a job to the head of the queue; the broker counts the attempt."""
        if message := self._leases.take(delivery):
            message.requeue(count_delivery=True)

    def release(self, delivery: Delivery) -> None:
        """Return a job to the end of the queue without counting the attempt."""
        self._leases.replace_by_copy(delivery, names.QUEUE, count_attempt=False)

    def retry_later(self, delivery: Delivery) -> None:
        """Return a failed job to the end of the queue, after a pause; the attempt is counted."""
        retry_queue = names.retry_queue(retry_pause(delivery.attempt))
        self._leases.replace_by_copy(delivery, retry_queue, count_attempt=True)

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Move a job to the dead-letter queue. Does nothing if its lease is lost."""
        self._leases.reject(delivery, reason)

    def pause(self) -> None:
        """Deliver no job until ``resume``; the ready ones leave the queue that scalers count."""
        self._turns.pause()

    def resume(self) -> None:
        """End a pause."""
        self._turns.resume()

    def move_to_front(self, job_id: str) -> bool:
        """Have a waiting job delivered next; return False if it does not wait."""
        return self._turns.move_to_front(job_id)

    def remove_waiting(self) -> Iterator[Job]:
        """Remove all jobs that no worker has, and yield each once it is removed."""
        return self._turns.remove_waiting()

    def dispatch(self) -> None:
        """Refill the job queue in the order of turns; from then on this process holds the rest."""
        self._turns.dispatch()

    def depth(self) -> QueueDepth:
        """Count the ready jobs exactly, and the unacknowledged ones if known."""
        channel = self._open_publisher().channel
        ready = count_ready(channel, names.QUEUE)
        exact = None if self._turns.moved_lately else ready
        unacknowledged = self._management.unacknowledged(names.QUEUE, exact)
        held = self._count_held()
        backlog = (held or 0) + count_ready(channel, names.BACKLOG_QUEUE)
        warnings = self._management.warnings
        return QueueDepth(
            ready,
            unacknowledged,
            (*warnings, _UNCOUNTED) if warnings and held is None else warnings,
            deferred=backlog + count_retries(channel),
            paused=self._turns.is_paused(),
        )

    def _count_held(self) -> int | None:
        """Count the jobs of the backlog that a dashboard holds: exactly, if it is this one."""
        # The broker's statistics still contain jobs that this process has just moved.
        if self._turns.holds_backlog:
            return self._turns.held
        count = self._management.unacknowledged(names.BACKLOG_QUEUE, None)
        return self._held_elsewhere.update(count)

    def count_dead_letters(self) -> int:
        """Count the dead letters that are not being read at the moment."""
        return count_ready(self._open_publisher().channel, names.DEAD_LETTER_QUEUE)

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the newest ``limit`` dead letters, newest first.

        At most 1,000 are read, and their times have a resolution of one second.
        """
        session = self._connection.session()
        with self._dead_letters_lock:
            return dead_letters.read_newest(session, limit)

    def retry_dead_letter(self, delivery_tag: str) -> None:
        """Publish a dead letter's job again, then remove it; raises MessageError or QueueError."""
        if not self._remove_dead_letter(delivery_tag, lambda body: self.publish(decode_job(body))):
            raise QueueError(DEAD_LETTER_GONE)

    def drop_dead_letter(self, delivery_tag: str) -> None:
        """Delete a dead letter, if it exists."""
        self._remove_dead_letter(delivery_tag, lambda _: None)

    def close(self) -> None:
        """Release all leases and the connection."""
        if self._closed:
            return
        self._closed = True
        if self._consumer:
            self._consumer.close()
            self._consumer.channel.close()
        self._turns.close()
        if self._publisher:
            self._publisher.channel.close()
        self._connection.close()

    def _remove_dead_letter(self, tag: str, handle: Callable[[bytes], None]) -> bool:
        session = self._connection.session()
        with self._dead_letters_lock:
            return dead_letters.remove(session, tag, handle)

    def _open_publisher(self) -> Publisher:
        session = self._connection.session()
        with self._publisher_lock:
            if not self._publisher or not self._publisher.channel.is_open:
                self._publisher = Publisher(Channel(session))
            return self._publisher

    def _open_consumer(self) -> Consumer:
        if not self._consumer or not self._consumer.channel.is_open:
            self._consumer = Consumer(Channel(self._connection.session()), names.QUEUE)
        return self._consumer

    def _rest(self, seconds: float) -> None:
        """Wait without a consumer, to which the broker would deliver."""
        if self._consumer:
            self._consumer.close()
        time.sleep(max(0.0, min(seconds, REFRESH_SECONDS)))
