"""Jobs that were delivered to this process, from their admission until they are settled."""

import itertools
from collections.abc import Callable

from core.errors import MessageError, QueueError
from wire.messages import names
from wire.messages.job import Job, decode, new_job
from wire.queues.base import DELIVERY_LIMIT_EXCEEDED, Delivery
from wire.queues.rabbitmq.dead_letters import dead_letter
from wire.queues.rabbitmq.message import Message
from wire.rabbitmq.publisher import Publisher


class Leases:
    """Messages by delivery tag.

    Args:
        open_publisher: returns a publisher for copies and dead letters; raises QueueError.
        publish: publishes a job; raises QueueError.

    """

    def __init__(
        self, open_publisher: Callable[[], Publisher], publish: Callable[[Job], None]
    ) -> None:
        self._open_publisher = open_publisher
        self._publish = publish
        self._messages: dict[int, Message] = {}
        self._delivery_tags = itertools.count(1)

    def take(self, delivery: Delivery) -> Message | None:
        """Remove and return the message of a delivery; None if it is settled."""
        return self._messages.pop(delivery.delivery_tag, None)

    def admit_all(self, messages: list[Message]) -> list[Delivery]:
        """Turn messages into deliveries, except for those that must not be delivered.

        Raises QueueError, and then all messages return to the queue.
        """
        try:
            admitted = [(each, delivery) for each in messages if (delivery := self._admit(each))]
        except QueueError:
            # The caller never receives the messages admitted so far: requeue them all.
            messages[0].channel.close()
            raise
        self._messages.update({delivery.delivery_tag: each for each, delivery in admitted})
        return [delivery for _, delivery in admitted]

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Move a message to the dead-letter queue; does nothing if the lease is lost.

        Raises QueueError, and then the message is still leased.
        """
        message = self._messages.get(delivery.delivery_tag)
        if message and message.channel.is_open:
            self._dead_letter(message, reason)
        self.take(delivery)

    def replace_by_copy(self, delivery: Delivery, queue_name: str, *, count_attempt: bool) -> None:
        """Publish a copy to a queue, then remove the message. Does nothing if the lease is lost.

        RabbitMQ before 4.3 counts each return of a message and keeps the position, and neither can
        be changed: https://www.rabbitmq.com/docs/nack. A copy that cannot be published is no loss:
        then the message itself returns.
        """
        message = self.take(delivery)
        if not message or not message.channel.is_open:
            return
        properties = message.copy_properties(delivery.attempt - (not count_attempt))
        try:
            self._open_publisher().publish("", queue_name, message.body, properties)
        except QueueError:
            message.requeue(count_delivery=count_attempt)
        else:
            message.acknowledge()

    def _admit(self, message: Message) -> Delivery | None:
        """Turn a message into a delivery; None if it was dead-lettered or republished instead."""
        try:
            job = decode(message.body)
        except MessageError as error:
            self._dead_letter(message, str(error))
            return None
        if not isinstance(job, Job):
            self._republish(message, new_job(job))
            return None
        if message.attempts > names.DELIVERY_LIMIT:
            self._dead_letter(message, DELIVERY_LIMIT_EXCEEDED)
            return None
        tag = next(self._delivery_tags)
        return Delivery(job, 1 + message.attempts, tag, message.redelivered)

    def _dead_letter(self, message: Message, reason: str) -> None:
        dead_letter(self._open_publisher(), message.body, reason)
        message.acknowledge()

    def _republish(self, message: Message, job: Job) -> None:
        # The broker cannot change a message, so one without an id goes to the end of the queue
        # again as a job with an id, which is then the same at every attempt.
        self._publish(job)
        message.acknowledge()
