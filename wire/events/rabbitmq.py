"""Events over a fanout exchange: each listener has a queue of its own while it listens.

https://www.rabbitmq.com/tutorials/tutorial-three-python describes the pattern. A listener
hears what is sent after its first ``receive``, and nothing while it is not connected.
"""

import logging
import queue
import threading
from contextlib import suppress

from pika.channel import Channel as RawChannel

from core.errors import QueueUnavailable
from core.settings import Settings
from wire.events.base import readable
from wire.messages import names
from wire.messages.event import Event, encode_event
from wire.rabbitmq.channel import Channel, Done
from wire.rabbitmq.connection import shared_connection

log = logging.getLogger(__name__)

_OUTBOX = 1000
"""Events that wait to be sent; more are dropped."""

_FLUSH_SECONDS = 1.0

# The broker drops the oldest events of a listener that does not read them.
_QUEUE_ARGUMENTS = {"x-queue-type": "classic", "x-max-length": 10_000}
_PREFETCH = 1000


class RabbitEvents:
    """Events on the broker at RABBITMQ_URL; see wire.events.base.Events for the promises."""

    def __init__(self, settings: Settings) -> None:
        """Raise SettingsError if RABBITMQ_URL is not an AMQP URL."""
        self._connection = shared_connection(settings.rabbitmq_url)
        self._outbox: queue.Queue[Event | None] = queue.Queue(_OUTBOX)
        self._closed = False
        self._starting = threading.Lock()
        self._sender: threading.Thread | None = None
        self._listener: Listener | None = None

    def publish(self, event: Event) -> None:
        """Tell every listener, soon; an event that cannot be sent is dropped."""
        self._start_sender()
        with suppress(queue.Full):
            self._outbox.put_nowait(event)

    def receive(self, timeout: float) -> list[Event]:
        """Return the events since the last call; the first call starts to listen."""
        if not self._listener or not self._listener.channel.is_open:
            self._listener = Listener(Channel(self._connection.session()))
        return self._listener.receive(timeout)

    def close(self) -> None:
        """Send what waits, for a second at most, and stop listening."""
        if self._closed:
            return
        self._closed = True
        if self._sender:
            with suppress(queue.Full):
                self._outbox.put(None, timeout=_FLUSH_SECONDS)
            self._sender.join(_FLUSH_SECONDS)
        if self._listener:
            self._listener.channel.close()
        self._connection.close()

    def _start_sender(self) -> None:
        with self._starting:
            if self._sender is None:
                self._sender = threading.Thread(target=self._send_all, name="events", daemon=True)
                self._sender.start()

    def _send_all(self) -> None:
        channel: Channel | None = None
        while event := self._outbox.get():
            try:
                if channel is None or not channel.is_open:
                    channel = Channel(self._connection.session())
                _publish(channel, event)
            except QueueUnavailable as error:
                log.warning("An event was dropped. %s", error)


def _publish(channel: Channel, event: Event) -> None:
    body = encode_event(event)
    # While the broker blocks publishers, an event would delay acknowledgements behind it.
    if not channel.session.blocked:
        channel.post(lambda raw: raw.basic_publish(names.EVENTS_EXCHANGE, "", body))


class Listener:
    """A queue of one's own, bound to the exchange; it ends with its channel's connection."""

    def __init__(self, channel: Channel) -> None:
        """Start to listen; raises QueueUnavailable."""
        self.channel = channel
        self._arrived: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        channel.when_lost(lambda: self._arrived.put(None))
        # Exclusive, as RabbitMQ 4.3 refuses other queues that are not durable.
        declared = channel.request(
            lambda raw, done: raw.queue_declare(
                "", exclusive=True, auto_delete=True, arguments=_QUEUE_ARGUMENTS, callback=done
            )
        )
        name = declared.method.queue
        channel.request(
            lambda raw, done: raw.queue_bind(name, names.EVENTS_EXCHANGE, callback=done)
        )
        channel.request(lambda raw, done: self._consume(raw, name, done))

    def receive(self, timeout: float) -> list[Event]:
        """Return what arrived; waits ``timeout`` seconds at most for the first event."""
        try:
            arrived = [self._arrived.get(timeout=max(0, timeout))]
        except queue.Empty:
            return []
        while not self._arrived.empty():
            arrived.append(self._arrived.get())
        if None in arrived:
            raise QueueUnavailable(self.channel.session.unreachable("the connection was lost"))
        newest = arrived[-1][0]
        self.channel.post(lambda raw: raw.basic_ack(newest, multiple=True))
        return [event for _, body in arrived if (event := readable(body))]

    def _consume(self, raw: RawChannel, name: str, done: Done) -> None:
        # Told when the queue is deleted: who receives next hears of it, and listens anew.
        raw.add_on_cancel_callback(lambda _: raw.close())
        raw.basic_qos(prefetch_count=_PREFETCH)
        raw.basic_consume(
            name,
            lambda _raw, method, _properties, body: self._arrived.put((method.delivery_tag, body)),
            callback=done,
        )
