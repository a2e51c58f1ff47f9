"""Messages of the job queues, and the headers of copies on another queue."""

import uuid
from dataclasses import dataclass

from pika import BasicProperties

from wire.rabbitmq.channel import Channel

_ATTEMPTS_HEADER = "attempts"
_DELIVERIES_HEADER = "x-delivery-count"
_IN_FRONT_HEADER = "in-front"


@dataclass(frozen=True)
class Message:
    """A message, which only the channel that delivered it can acknowledge."""

    channel: Channel
    tag: int
    properties: BasicProperties
    body: bytes

    @property
    def attempts(self) -> int:
        """The number of earlier attempts, of this message and of those that it is a copy of."""
        return self._count(_ATTEMPTS_HEADER) + self._count(_DELIVERIES_HEADER)

    @property
    def redelivered(self) -> bool:
        """Whether this message, or one that it is a copy of, was delivered before."""
        return self._is_copy or self.attempts > 0

    def forwarded_properties(self, *, count_deliveries: bool, in_front: int = 0) -> BasicProperties:
        """Return the properties of a copy on another queue, which is no attempt.

        Deliveries of the job queue are attempts; other queues deliver to dashboards.
        """
        headers = {_IN_FRONT_HEADER: in_front} if in_front else {}
        if self.redelivered if count_deliveries else self._is_copy:
            deliveries = self._count(_DELIVERIES_HEADER) if count_deliveries else 0
            headers[_ATTEMPTS_HEADER] = self._count(_ATTEMPTS_HEADER) + deliveries
        return self._properties(headers)

    def copy_properties(self, attempts: int) -> BasicProperties:
        """Return the properties of a copy, which cannot have the broker's own count."""
        return self._properties({_ATTEMPTS_HEADER: attempts})

    def _properties(self, headers: dict[str, int]) -> BasicProperties:
        return BasicProperties(
            content_type=self.properties.content_type,
            message_id=self.properties.message_id or str(uuid.uuid4()),
            headers=headers,
        )

    @property
    def in_front(self) -> int:
        """When the job was moved to the front of the queue, in milliseconds; 0 if it was not."""
        return self._count(_IN_FRONT_HEADER)

    @property
    def _is_copy(self) -> bool:
        return _ATTEMPTS_HEADER in (self.properties.headers or {})

    def _count(self, header: str) -> int:
        count = (self.properties.headers or {}).get(header)
        # pika decodes some integers as a subclass of int, and bool is one too.
        return max(0, count) if isinstance(count, int) and not isinstance(count, bool) else 0

    def acknowledge(self) -> None:
        """Remove the message from its queue. Does nothing if the channel is lost."""
        self.channel.post(lambda raw: raw.basic_ack(self.tag))

    def requeue(self, *, count_delivery: bool) -> None:
        """Return the message to its queue.

        RabbitMQ 4.3 counts basic.reject towards the delivery limit but not basic.nack;
        3.10 counts both (https://www.rabbitmq.com/docs/quorum-queues).
        """
        if count_delivery:
            self.channel.post(lambda raw: raw.basic_reject(self.tag, requeue=True))
        else:
            self.channel.post(lambda raw: raw.basic_nack(self.tag, requeue=True))
