"""The queue on RabbitMQ; see wire.queues.base.Queue for its promises.

A job stays unacknowledged on the channel that it came by until its work is done. If the
connection is lost, the broker gives the job to another worker, and what this process
still has to say about it no longer counts: a delivery_tag of a lost channel is void.
"""

import itertools
import threading
import time
from collections.abc import Callable

from pika import BasicProperties

from core.errors import MessageError, QueueError, QueueUnavailable
from core.settings import Settings
from wire.messages import names
from wire.messages.job import Job, decode, encode, new_job
from wire.queues import rabbitmq_dead_letters
from wire.queues.base import DeadLetter, Delivery, QueueDepth
from wire.queues.dead_letters import GONE, job_of
from wire.queues.rabbitmq_consumer import Consumer, Message
from wire.queues.rabbitmq_management import Management
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.connection import shared_connection
from wire.rabbitmq.publisher import Publisher


class RabbitQueue:
    """The queue `tasks` of the broker at RABBITMQ_URL, reached when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        """Raise SettingsError if RABBITMQ_URL is not an AMQP URL."""
        self._connection = shared_connection(settings.rabbitmq_url)
        self._management = Management(settings)
        self._closed = False
        self._opening = threading.Lock()
        self._taking = threading.Lock()
        self._reading = threading.Lock()
        self._publisher: Publisher | None = None
        self._consumer: Consumer | None = None
        self._leases: dict[int, Message] = {}
        self._delivery_tags = itertools.count(1)

    def publish(self, job: Job) -> None:
        """Put a job on the queue; returns once the broker confirmed it."""
        publisher = self._open_publisher()
        properties = BasicProperties(content_type="application/json", message_id=job.id)
        try:
            publisher.publish("", names.QUEUE, encode(job), properties)
        except QueueUnavailable as error:
            raise QueueUnavailable(
                f"The job was not confirmed, so it may or may not be on the queue. {error}"
            ) from None

    def receive(self, limit: int, timeout: float) -> list[Delivery]:
        """Lease up to ``limit`` jobs; waits ``timeout`` seconds at most for the first."""
        deadline = time.monotonic() + timeout
        with self._taking:
            while True:
                messages = self._open_consumer().batch(limit, deadline - time.monotonic())
                deliveries = self._admitted(messages)
                if deliveries or not messages:
                    return deliveries

    def acknowledge(self, delivery: Delivery) -> None:
        """Remove a finished job; harmless if the connection that it came by is lost."""
        if message := self._leases.pop(delivery.delivery_tag, None):
            message.acknowledge()

    def requeue(self, delivery: Delivery) -> None:
        """Return a job to the head of the queue; the broker counts the attempt, once."""
        if message := self._leases.pop(delivery.delivery_tag, None):
            message.requeue(counted=True)

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Send a job to the dead letters, then remove it; harmless if its lease is lost."""
        message = self._leases.get(delivery.delivery_tag)
        if message and message.channel.is_open:
            self._dead_letter(message, reason)
        self._leases.pop(delivery.delivery_tag, None)

    def depth(self) -> QueueDepth:
        """Count the jobs that wait, exactly, and the leased ones as far as is known."""
        ready = rabbitmq_dead_letters.waiting(self._open_publisher().channel, names.QUEUE)
        return QueueDepth(ready, self._management.unacknowledged(names.QUEUE, ready))

    def count_dead_letters(self) -> int:
        """Count the dead letters that nobody reads at the moment."""
        return rabbitmq_dead_letters.waiting(
            self._open_publisher().channel, names.DEAD_LETTER_QUEUE
        )

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Read the newest ``limit`` dead letters, newest first, and leave them where they are.

        It looks at 1,000 at most, and the broker notes the second in which each one died.
        """
        with self._reading:
            return rabbitmq_dead_letters.newest(self._connection.session(), limit)

    def retry_dead_letter(self, delivery_tag: str) -> None:
        """Put a dead letter's job on the queue again, at its end, with no attempt counted.

        Raises MessageError if it was no job, QueueError if it is gone.
        """
        if not self._remove_dead_letter(delivery_tag, lambda body: self.publish(job_of(body))):
            raise QueueError(GONE)

    def drop_dead_letter(self, delivery_tag: str) -> None:
        """Forget a dead letter; nothing happens if it is gone."""
        self._remove_dead_letter(delivery_tag, lambda _: None)

    def close(self) -> None:
        """Return what is leased to the queue and let go of the connection."""
        if self._closed:
            return
        self._closed = True
        if self._consumer:
            self._consumer.close()
            self._consumer.channel.close()
        if self._publisher:
            self._publisher.channel.close()
        self._connection.close()

    def _remove_dead_letter(self, delivery_tag: str, use: Callable[[bytes], None]) -> bool:
        with self._reading:
            return rabbitmq_dead_letters.remove(self._connection.session(), delivery_tag, use)

    def _open_publisher(self) -> Publisher:
        with self._opening:
            if not self._publisher or not self._publisher.channel.is_open:
                self._publisher = Publisher(Channel(self._connection.session()))
            return self._publisher

    def _open_consumer(self) -> Consumer:
        if not self._consumer or not self._consumer.channel.is_open:
            self._consumer = Consumer(Channel(self._connection.session()), names.QUEUE)
        return self._consumer

    def _admitted(self, messages: list[Message]) -> list[Delivery]:
        try:
            admitted = [self._admit(message) for message in messages]
        except QueueError:
            # Nobody would finish the messages before the one that failed: return them all.
            messages[0].channel.close()
            raise
        return [delivery for delivery in admitted if delivery]

    def _admit(self, message: Message) -> Delivery | None:
        """Make a delivery of a message; None if it was buried or adopted instead."""
        try:
            job = decode(message.body)
        except MessageError as error:
            return self._dead_letter(message, str(error))
        if not isinstance(job, Job):
            return self._adopt(message, new_job(job))
        delivery_tag = next(self._delivery_tags)
        self._leases[delivery_tag] = message
        return Delivery(job, 1 + message.deliveries_before, delivery_tag)

    def _adopt(self, message: Message, job: Job) -> None:
        # Somebody sent a request without an id. The broker cannot change a message, so it
        # goes to the end of the queue again with one, which every later attempt will see.
        self.publish(job)
        message.acknowledge()

    def _dead_letter(self, message: Message, reason: str) -> None:
        rabbitmq_dead_letters.dead_letter(self._open_publisher(), message.body, reason)
        message.acknowledge()
