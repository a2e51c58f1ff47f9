"""Publish with confirms: a message is published once the broker has stored it.

https://www.rabbitmq.com/docs/confirms#publisher-confirms. For a mandatory message that cannot be
routed, the broker sends basic.return before the confirm.
"""

from typing import Any

from pika import BasicProperties, DeliveryMode
from pika.channel import Channel as RawChannel
from pika.frame import Method
from pika.spec import Basic

from core.errors import PublishRefused
from wire.rabbitmq.channel import Channel, Done

_CONFIRM_TIMEOUT_SECONDS = 15.0
"""Without a leader of its quorum queue, the broker retries after 10 s: TIMER_TIME in RabbitMQ's
rabbit_fifo_client.erl."""
_RETURNED = "returned"
_NOT_QUEUED = "did not accept the message, so nothing was queued"


class Publisher:
    """A channel in confirm mode."""

    def __init__(self, channel: Channel) -> None:
        """Enable confirms. Raises QueueUnavailable."""
        self.channel = channel
        self._last_tag = 0
        self._unconfirmed: dict[int, tuple[str | None, Done]] = {}
        self._returned: set[str | None] = set()
        channel.request(self._select_confirms)

    def publish(
        self, exchange: str, routing_key: str, body: bytes, properties: BasicProperties
    ) -> None:
        """Send a persistent message with a message id, and wait for its confirm.

        Raises PublishRefused if the message is not queued. Raises QueueUnavailable if no confirm
        arrives in time; then the broker may still queue the message.
        """
        session = self.channel.session
        if session.blocked:
            # Acknowledgements would wait behind the message in the connection's buffer.
            raise PublishRefused(
                f"RabbitMQ at {session.address} {_NOT_QUEUED}: {session.delay_reason}."
            )
        properties.delivery_mode = DeliveryMode.Persistent.value
        confirm = self.channel.request(
            lambda raw, done: self._send(raw, done, exchange, routing_key, body, properties),
            _CONFIRM_TIMEOUT_SECONDS,
        )
        if confirm == _RETURNED:
            # The queue was deleted: the next session declares it again.
            session.close()
            raise PublishRefused(
                f"RabbitMQ at {session.address} {_NOT_QUEUED}: its queue was deleted. Try again."
            )
        if confirm is not Basic.Ack:
            raise PublishRefused(f"RabbitMQ at {session.address} {_NOT_QUEUED}. Try again.")

    def _send(
        self,
        raw: RawChannel,
        done: Done,
        exchange: str,
        routing_key: str,
        body: bytes,
        properties: BasicProperties,
    ) -> None:
        # The delivery tags of confirms count from 1 for each channel.
        self._last_tag += 1
        self._unconfirmed[self._last_tag] = (properties.message_id, done)
        raw.basic_publish(exchange, routing_key, body, properties, mandatory=True)

    def _select_confirms(self, raw: RawChannel, done: Done) -> None:
        raw.add_on_return_callback(self._on_returned)
        raw.confirm_delivery(self._on_confirmed, callback=done)

    def _on_returned(
        self, _raw: RawChannel, _method: Basic.Return, properties: BasicProperties, _body: bytes
    ) -> None:
        self._returned.add(properties.message_id)

    def _on_confirmed(self, frame: "Method[Any]") -> None:
        last_tag, multiple = frame.method.delivery_tag, frame.method.multiple
        for tag in list(self._unconfirmed):
            if tag == last_tag or (multiple and tag < last_tag):
                self._confirm(tag, type(frame.method))

    def _confirm(self, tag: int, confirm: type) -> None:
        message_id, done = self._unconfirmed.pop(tag)
        done(_RETURNED if message_id in self._returned else confirm)
        self._returned.discard(message_id)
