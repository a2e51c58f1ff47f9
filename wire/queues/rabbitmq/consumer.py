"""Receive batches of messages without prefetching further ones.

A consumer receives one batch (its prefetch) and is cancelled before the batch is processed. An
active consumer would prefetch messages while this process is busy: they would wait although other
workers are idle, and when the process exits, RabbitMQ 3.10 counts a delivery of jobs that were
never processed. A receive without waiting uses basic.get instead of a consumer.

The broker requeues a message that is unacknowledged for longer than its consumer timeout, 30
minutes by default (https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout). RabbitMQ 4.3
lets a consumer set its own; older versions, including 3.10, ignore the argument. There, and for
messages of basic.get, the broker's timeout applies: the job is redelivered, and its worker resumes
with the pictures that are not stored yet. The queue argument of RabbitMQ 3.12 does not help: it
cannot be added to an existing queue.
"""

import itertools
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from pika import BasicProperties
from pika.channel import Channel as RawChannel
from pika.spec import Basic

from core.errors import QueueUnavailable
from wire.queues.rabbitmq.message import Message
from wire.rabbitmq.channel import Channel, Done

CONSUMER_ARGUMENTS = {"x-consumer-timeout": 24 * 60 * 60 * 1000}
"""In milliseconds."""

_consumer_numbers = itertools.count(1)


class Consumer:
    """Receives messages of a queue in batches. Not thread-safe."""

    def __init__(self, channel: Channel, queue_name: str) -> None:
        self.channel = channel
        self._queue_name = queue_name
        self._received: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._tag: str | None = None
        self._prefetch = 0
        self._on_empty: Callable[[], None] = lambda: None
        channel.on_lost(lambda: self._received.put(None))
        channel.post(
            lambda raw: raw.add_callback(lambda _: self._on_empty(), [Basic.GetEmpty], False)
        )
        # The broker cancels a consumer when its queue is deleted. The next session declares the
        # queue again.
        channel.post(lambda raw: raw.add_on_cancel_callback(lambda _: channel.session.close()))

    def receive(self, limit: int, timeout: float) -> list[Message]:
        """Return up to ``limit`` messages; wait up to ``timeout`` seconds for the first.

        Without a timeout, fetch messages one by one with basic.get. Raises QueueUnavailable if
        the channel is lost.
        """
        return self._consume(limit, timeout) if timeout > 0 else self._fetch(limit)

    def close(self) -> None:
        """Cancel the consumer and requeue its unreturned messages, without waiting."""
        if tag := self._tag:
            self.channel.post(lambda raw: raw.basic_cancel(tag))
        self._tag = None
        while not self._received.empty():
            if message := self._received.get():
                message.requeue(count_delivery=False)

    def _consume(self, limit: int, timeout: float) -> list[Message]:
        with self._requeued_on_error():
            self._subscribe(limit)
        try:
            first = self._received.get(timeout=timeout)
        except queue.Empty:
            # The consumer stays active: the next call receives a message without a round trip.
            return []
        with self._requeued_on_error():
            self._unsubscribe()
            return [self._checked(first), *self._take_received(limit - 1)]

    def _fetch(self, limit: int) -> list[Message]:
        with self._requeued_on_error():
            self._unsubscribe()
            messages = self._take_received(limit)
            while len(messages) < limit and (message := self.channel.request(self._get)):
                messages.append(message)
            return messages

    @contextmanager
    def _requeued_on_error(self) -> Iterator[None]:
        try:
            yield
        except QueueUnavailable:
            # The caller never receives these messages: closing the channel requeues them. It also
            # ends a consumer that may have started, or may never start.
            self.channel.close()
            self._tag = None
            raise

    def _take_received(self, limit: int) -> list[Message]:
        count = min(limit, self._received.qsize())
        return [self._checked(self._received.get()) for _ in range(count)]

    def _checked(self, message: Message | None) -> Message:
        if message is None:
            raise QueueUnavailable(self.channel.session.unreachable("the connection was lost"))
        return message

    def _get(self, raw: RawChannel, done: Done) -> None:
        self._on_empty = lambda: done(None)

        def on_message(
            _raw: RawChannel, method: Basic.GetOk, properties: BasicProperties, body: bytes
        ) -> None:
            done(self._message(method, properties, body))

        raw.basic_get(self._queue_name, on_message)

    def _subscribe(self, limit: int) -> None:
        if self._tag and self._prefetch == limit:
            return
        self._unsubscribe()
        self._prefetch, self._tag = limit, f"batch-{next(_consumer_numbers)}"
        self.channel.request(self._start_consumer)

    def _start_consumer(self, raw: RawChannel, done: Done) -> None:
        # Without global_qos, the prefetch applies to each consumer started later:
        # https://www.rabbitmq.com/docs/consumer-prefetch
        raw.basic_qos(prefetch_count=self._prefetch)
        raw.basic_consume(
            self._queue_name,
            self._on_message,
            consumer_tag=self._tag,
            arguments=CONSUMER_ARGUMENTS,
            callback=done,
        )

    def _unsubscribe(self) -> None:
        if self._tag and self.channel.is_open:
            tag = self._tag
            # pika requeues messages that arrive between basic.cancel and its reply, which counts
            # as a delivery. Messages that are already sent arrive before the reply to basic.qos.
            self.channel.request(
                lambda raw, done: raw.basic_qos(prefetch_count=self._prefetch, callback=done)
            )
            self.channel.request(lambda raw, done: raw.basic_cancel(tag, callback=done))
        self._tag = None

    def _on_message(
        self, _raw: RawChannel, method: Basic.Deliver, properties: BasicProperties, body: bytes
    ) -> None:
        self._received.put(self._message(method, properties, body))

    def _message(
        self, method: Basic.Deliver | Basic.GetOk, properties: BasicProperties, body: bytes
    ) -> Message:
        return Message(self.channel, cast("int", method.delivery_tag), properties, body)
