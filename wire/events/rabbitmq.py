"""Events over a fanout exchange: each subscriber has an exclusive queue.

https://www.rabbitmq.com/tutorials/tutorial-three-python describes the pattern. A subscriber
receives what is published after its first ``receive``, and nothing while it is disconnected.
"""

import logging
import queue
import threading
from contextlib import suppress
from typing import TypeAlias, cast

from pika import BasicProperties
from pika.channel import Channel as RawChannel
from pika.spec import Basic

from core.errors import QueueUnavailable
from core.settings import Settings
from wire.events.base import decode_or_skip
from wire.messages import names
from wire.messages.event import Event, Kind, encode_event
from wire.rabbitmq.channel import Channel, Done, closed_on_error
from wire.rabbitmq.connection import shared_connection

log = logging.getLogger(__name__)

_MAX_UNSENT_EVENTS = 1000
_FLUSH_SECONDS = 1.0

_QUEUE_ARGUMENTS = {"x-queue-type": "classic", "x-max-length": 50_000}
"""The broker drops the oldest events of a subscriber that does not read them."""
_TRANSIENT: frozenset[Kind] = frozenset({"step", "telemetry"})
"""Events that the next one of the same worker outdates."""
_EXPIRES = BasicProperties(expiration="1000")
"""Milliseconds. While a subscriber is slower than all workers together, the broker drops what it
would show late, and what is left are the events that change the state of a job."""
_PREFETCH = 1000

_Delivery: TypeAlias = tuple[int, bytes]
"""Delivery tag and body."""


class RabbitEvents:
    """Events on the broker at RABBITMQ_URL; see wire.events.base.Events."""

    def __init__(self, settings: Settings) -> None:
        """Raise SettingsError if RABBITMQ_URL is not an AMQP URL."""
        self._connection = shared_connection(settings.rabbitmq_url)
        self._unsent: queue.Queue[Event | None] = queue.Queue(_MAX_UNSENT_EVENTS)
        self._closed = False
        self._sender_lock = threading.Lock()
        self._sender: threading.Thread | None = None
        self._subscription: Subscription | None = None

    def publish(self, event: Event) -> None:
        """Publish in the background; drop the event if too many are unsent."""
        self._start_sender()
        with suppress(queue.Full):
            self._unsent.put_nowait(event)

    def receive(self, timeout: float) -> list[Event]:
        """Return the events since the last call; the first call subscribes."""
        if not self._subscription or not self._subscription.channel.is_open:
            self._subscription = Subscription(Channel(self._connection.session()))
        return self._subscription.receive(timeout)

    def close(self) -> None:
        """Send unsent events, for up to a second, and unsubscribe."""
        if self._closed:
            return
        self._closed = True
        if self._sender:
            with suppress(queue.Full):
                self._unsent.put(None, timeout=_FLUSH_SECONDS)
            self._sender.join(_FLUSH_SECONDS)
        if self._subscription:
            self._subscription.channel.close()
        self._connection.close()

    def _start_sender(self) -> None:
        with self._sender_lock:
            if self._sender is None:
                self._sender = threading.Thread(target=self._send_all, name="events", daemon=True)
                self._sender.start()

    def _send_all(self) -> None:
        channel: Channel | None = None
        while event := self._unsent.get():
            try:
                if channel is None or not channel.is_open:
                    channel = Channel(self._connection.session())
                _publish(channel, event)
            except QueueUnavailable as error:
                log.warning("An event was dropped. %s", error)


def _publish(channel: Channel, event: Event) -> None:
    body, properties = encode_event(event), properties_of(event)
    # While the broker blocks publishers, acknowledgements would wait behind the event.
    if not channel.session.blocked:
        channel.post(lambda raw: raw.basic_publish(names.EVENTS_EXCHANGE, "", body, properties))


def properties_of(event: Event) -> BasicProperties | None:
    """Return the properties with which an event is published."""
    return _EXPIRES if event.kind in _TRANSIENT else None


class Subscription:
    """An exclusive queue bound to the exchange; deleted with its connection."""

    def __init__(self, channel: Channel) -> None:
        """Subscribe. Raises QueueUnavailable."""
        self.channel = channel
        self._deliveries: queue.SimpleQueue[_Delivery | None] = queue.SimpleQueue()
        channel.on_lost(lambda: self._deliveries.put(None))
        with closed_on_error(channel):
            self._subscribe()

    def receive(self, timeout: float) -> list[Event]:
        """Return all events received so far; wait up to ``timeout`` seconds for the first."""
        try:
            delivery = self._deliveries.get(timeout=max(0, timeout))
        except queue.Empty:
            return []
        deliveries = [self._checked(delivery)]
        while not self._deliveries.empty():
            deliveries.append(self._checked(self._deliveries.get()))
        last_tag, _ = deliveries[-1]
        self.channel.post(lambda raw: raw.basic_ack(last_tag, multiple=True))
        return [event for _, body in deliveries if (event := decode_or_skip(body))]

    def _checked(self, delivery: _Delivery | None) -> _Delivery:
        if delivery is None:
            raise QueueUnavailable(self.channel.session.unreachable("the connection was lost"))
        return delivery

    def _subscribe(self) -> None:
        # Exclusive: RabbitMQ 4.3 refuses other non-durable queues.
        declared = self.channel.request(
            lambda raw, done: raw.queue_declare(
                "", exclusive=True, auto_delete=True, arguments=_QUEUE_ARGUMENTS, callback=done
            )
        )
        name = declared.method.queue
        self.channel.request(
            lambda raw, done: raw.queue_bind(name, names.EVENTS_EXCHANGE, callback=done)
        )
        self.channel.request(lambda raw, done: self._consume(raw, name, done))

    def _consume(self, raw: RawChannel, name: str, done: Done) -> None:
        # The broker cancels the consumer when its queue is deleted: the next call subscribes anew.
        raw.add_on_cancel_callback(lambda _: raw.close())
        raw.basic_qos(prefetch_count=_PREFETCH)
        raw.basic_consume(name, self._on_message, callback=done)

    def _on_message(
        self, _raw: RawChannel, method: Basic.Deliver, _properties: BasicProperties, body: bytes
    ) -> None:
        self._deliveries.put((cast("int", method.delivery_tag), body))
