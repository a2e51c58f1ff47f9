"""Taking batches of messages from a queue, and holding no message that nobody asked for.

A consumer gets one batch (its prefetch) and is cancelled before the batch is worked on.
If it stayed, the broker would hand it the next messages while this process is busy; they
would wait for it although other workers are idle, and each time that such a process
ends, RabbitMQ 3.10 counts a delivery of a job that nobody has seen.
"""

import itertools
import queue
from dataclasses import dataclass

from pika import BasicProperties
from pika.channel import Channel as RawChannel
from pika.spec import Basic

from wire.errors import QueueUnavailable
from wire.rabbitmq.channel import Channel, Done

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Message:
    """A delivery, which only the channel that it came by can acknowledge."""

    channel: Channel
    tag: int
    properties: BasicProperties
    body: bytes

    @property
    def deliveries_before(self) -> int:
        """How often the broker handed the message out before, as far as it counts."""
        count = (self.properties.headers or {}).get("x-delivery-count")
        return count if isinstance(count, int) else 0

    def acknowledge(self) -> None:
        """Remove the message from its queue; nothing happens if the channel is lost."""
        self.channel.post(lambda raw: raw.basic_ack(self.tag))

    def give_back(self, *, counted: bool) -> None:
        """Return the message to its queue.

        RabbitMQ 4.3 counts basic.reject towards the delivery limit but not basic.nack;
        3.10 counts both (https://www.rabbitmq.com/docs/quorum-queues).
        """
        if counted:
            self.channel.post(lambda raw: raw.basic_reject(self.tag, requeue=True))
        else:
            self.channel.post(lambda raw: raw.basic_nack(self.tag, requeue=True))


class Consumer:
    """Takes messages of one queue in batches; for one thread at a time."""

    def __init__(self, channel: Channel, queue_name: str) -> None:
        self.channel = channel
        self._queue_name = queue_name
        self._arrived: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._tag: str | None = None
        self._prefetch = 0
        channel.when_lost(lambda: self._arrived.put(None))
        # The broker cancels a consumer when its queue is deleted; the next session
        # declares the queue again.
        channel.post(lambda raw: raw.add_on_cancel_callback(lambda _: channel.session.close()))

    def batch(self, limit: int, timeout: float) -> list[Message]:
        """Return up to ``limit`` messages; waits ``timeout`` seconds at most for the first.

        Raises QueueUnavailable if the channel is lost.
        """
        self._subscribe(limit)
        try:
            first = self._arrived.get(timeout=max(0, timeout))
        except queue.Empty:
            # Still subscribed: the next call hears of a message without asking again.
            return []
        try:
            self._unsubscribe()
        except QueueUnavailable:
            # Nobody will work on what has arrived: let the broker have it back.
            self.channel.close()
            raise
        waiting = [self._arrived.get() for _ in range(min(limit - 1, self._arrived.qsize()))]
        messages = [first, *waiting]
        if None in messages:
            raise QueueUnavailable(self.channel.session.unreachable("the connection was lost"))
        return messages

    def close(self) -> None:
        """Stop, and give back what arrived and was not handed out; waits for nothing."""
        if tag := self._tag:
            self.channel.post(lambda raw: raw.basic_cancel(tag))
        self._tag = None
        while not self._arrived.empty():
            if message := self._arrived.get():
                message.give_back(counted=False)

    def _subscribe(self, limit: int) -> None:
        if self._tag and self._prefetch == limit:
            return
        self._unsubscribe()
        self._prefetch, self._tag = limit, f"batch-{next(_numbers)}"
        self.channel.request(self._consume)

    def _consume(self, raw: RawChannel, done: Done) -> None:
        # Without global_qos the prefetch is that of each consumer started after it:
        # https://www.rabbitmq.com/docs/consumer-prefetch
        raw.basic_qos(prefetch_count=self._prefetch)
        raw.basic_consume(self._queue_name, self._on_message, consumer_tag=self._tag, callback=done)

    def _unsubscribe(self) -> None:
        if self._tag and self.channel.is_open:
            tag = self._tag
            # pika returns what arrives between basic.cancel and its answer, and that counts
            # as a delivery. What the broker has sent already comes before this answer.
            self.channel.request(
                lambda raw, done: raw.basic_qos(prefetch_count=self._prefetch, callback=done)
            )
            self.channel.request(lambda raw, done: raw.basic_cancel(tag, callback=done))
        self._tag = None

    def _on_message(
        self, _raw: RawChannel, method: Basic.Deliver, properties: BasicProperties, body: bytes
    ) -> None:
        self._arrived.put(Message(self.channel, method.delivery_tag, properties, body))
