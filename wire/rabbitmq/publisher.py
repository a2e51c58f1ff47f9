"""Publishing with confirms: a message counts as sent once the broker says that it is safe.

https://www.rabbitmq.com/docs/confirms#publisher-confirms. For a mandatory message that no
queue takes, the broker sends basic.return before its confirm, so that the order of the
two tells the cases apart.
"""

from pika import BasicProperties, DeliveryMode
from pika.channel import Channel as RawChannel
from pika.spec import Basic

from core.errors import PublishRefused
from wire.rabbitmq.channel import Channel, Done

_CONFIRMED_WITHIN = 15.0
"""Seconds. A quorum queue that had no leader yet is sent the message again after 10 s:
TIMER_TIME in RabbitMQ's rabbit_fifo_client.erl."""
_RETURNED = "returned"
_REFUSED = "did not take the message, so nothing was queued"


class Publisher:
    """A channel in confirm mode."""

    def __init__(self, channel: Channel) -> None:
        """Turn confirms on; raises QueueUnavailable."""
        self.channel = channel
        self._sent = 0
        self._unconfirmed: dict[int, tuple[str, Done]] = {}
        self._returned: set[str] = set()
        channel.request(self._select_confirms)

    def publish(
        self, exchange: str, routing_key: str, body: bytes, properties: BasicProperties
    ) -> None:
        """Send a persistent message with a message id; returns once the broker has it safe.

        Raises PublishRefused if it is not queued. Raises QueueUnavailable if no answer came
        in time; the broker may still queue the message then.
        """
        session = self.channel.session
        if session.blocked:
            # Sent now, it would wait in the connection, and acknowledgements behind it.
            raise PublishRefused(f"RabbitMQ at {session.address} {_REFUSED}: {session.why_silent}.")
        properties.delivery_mode = DeliveryMode.Persistent.value
        answer = self.channel.request(
            lambda raw, done: self._send(raw, done, exchange, routing_key, body, properties),
            _CONFIRMED_WITHIN,
        )
        if answer == _RETURNED:
            # The queue was deleted: the next session declares it again.
            session.close()
            raise PublishRefused(
                f"RabbitMQ at {session.address} {_REFUSED}: its queue was deleted. Try again."
            )
        if answer is not Basic.Ack:
            raise PublishRefused(f"RabbitMQ at {session.address} {_REFUSED}. Try again.")

    def _send(
        self,
        raw: RawChannel,
        done: Done,
        exchange: str,
        routing_key: str,
        body: bytes,
        properties: BasicProperties,
    ) -> None:
        # Delivery tags of confirms count from 1 for each channel.
        self._sent += 1
        self._unconfirmed[self._sent] = (properties.message_id, done)
        raw.basic_publish(exchange, routing_key, body, properties, mandatory=True)

    def _select_confirms(self, raw: RawChannel, done: Done) -> None:
        raw.add_on_return_callback(self._on_returned)
        raw.confirm_delivery(self._on_confirmed, callback=done)

    def _on_returned(self, _raw, _method, properties: BasicProperties, _body: bytes) -> None:
        self._returned.add(properties.message_id)

    def _on_confirmed(self, frame) -> None:
        newest = frame.method.delivery_tag
        for tag in self._tags_up_to(newest) if frame.method.multiple else (newest,):
            if tag in self._unconfirmed:
                self._confirm(tag, type(frame.method))

    def _tags_up_to(self, newest: int) -> list[int]:
        # Between them are tags that were confirmed one by one before.
        return [tag for tag in self._unconfirmed if tag <= newest]

    def _confirm(self, tag: int, answer: type) -> None:
        message_id, done = self._unconfirmed.pop(tag)
        done(_RETURNED if message_id in self._returned else answer)
        self._returned.discard(message_id)
