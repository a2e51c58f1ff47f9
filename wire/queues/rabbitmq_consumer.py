"""Taking batches of messages from a queue, and holding no message that nobody asked for.

A consumer gets one batch (its prefetch) and is cancelled before the batch is worked on.
If it stayed, the broker would hand it the next messages while this process is busy; they
would wait for it although other workers are idle, and each time that such a process
ends, RabbitMQ 3.10 counts a delivery of a job that nobody has seen. Who does not wait needs
no consumer: basic.get tells whether a message is there.

The broker takes a message back that is held for longer than a limit, which is half an hour
unless its administrator says otherwise
(https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout). RabbitMQ 4.3 lets a
consumer choose its own; older ones, 3.10 among them, overlook the argument. There, and for
what came by basic.get, the limit stays: the job comes again, and its worker goes on with the
pictures that are not in the store yet. The queue's own argument, which 3.12 knows, is no way
out: it cannot be added to a queue that exists.
"""

import itertools
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pika import BasicProperties
from pika.channel import Channel as RawChannel
from pika.spec import Basic

from core.errors import QueueUnavailable
from wire.rabbitmq.channel import Channel, Done

_HOLD_MILLISECONDS = 24 * 60 * 60 * 1000

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

    def requeue(self, *, counted: bool) -> None:
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
        self._tell_empty: Callable[[], None] = lambda: None
        channel.when_lost(lambda: self._arrived.put(None))
        channel.post(
            lambda raw: raw.add_callback(lambda _: self._tell_empty(), [Basic.GetEmpty], False)
        )
        # The broker cancels a consumer when its queue is deleted; the next session
        # declares the queue again.
        channel.post(lambda raw: raw.add_on_cancel_callback(lambda _: channel.session.close()))

    def batch(self, limit: int, timeout: float) -> list[Message]:
        """Return up to ``limit`` messages; waits ``timeout`` seconds at most for the first.

        Without a timeout it asks for each, and subscribes to nothing. Raises
        QueueUnavailable if the channel is lost.
        """
        return self._awaited(limit, timeout) if timeout > 0 else self._waiting(limit)

    def close(self) -> None:
        """Stop, and give back what arrived and was not handed out; waits for nothing."""
        if tag := self._tag:
            self.channel.post(lambda raw: raw.basic_cancel(tag))
        self._tag = None
        while not self._arrived.empty():
            if message := self._arrived.get():
                message.requeue(counted=False)

    def _awaited(self, limit: int, timeout: float) -> list[Message]:
        self._subscribe(limit)
        try:
            first = self._arrived.get(timeout=timeout)
        except queue.Empty:
            # Still subscribed: the next call hears of a message without asking again.
            return []
        with self._returned_if_lost():
            self._unsubscribe()
            return self._checked([first, *self._arrivals(limit - 1)])

    def _waiting(self, limit: int) -> list[Message]:
        with self._returned_if_lost():
            self._unsubscribe()
            messages = self._checked(self._arrivals(limit))
            while len(messages) < limit and (message := self.channel.request(self._get)):
                messages.append(message)
            return messages

    @contextmanager
    def _returned_if_lost(self) -> Iterator[None]:
        try:
            yield
        except QueueUnavailable:
            # Nobody will work on what has arrived: let the broker have it back.
            self.channel.close()
            raise

    def _arrivals(self, limit: int) -> list[Message | None]:
        return [self._arrived.get() for _ in range(min(limit, self._arrived.qsize()))]

    def _checked(self, messages: list[Message | None]) -> list[Message]:
        if None in messages:
            raise QueueUnavailable(self.channel.session.unreachable("the connection was lost"))
        return messages

    def _get(self, raw: RawChannel, done: Done) -> None:
        self._tell_empty = lambda: done(None)
        raw.basic_get(self._queue_name, lambda *delivery: done(self._message(*delivery)))

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
        raw.basic_consume(
            self._queue_name,
            self._on_message,
            consumer_tag=self._tag,
            arguments={"x-consumer-timeout": _HOLD_MILLISECONDS},
            callback=done,
        )

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

    def _on_message(self, *delivery: Any) -> None:
        self._arrived.put(self._message(*delivery))

    def _message(
        self,
        _raw: RawChannel,
        method: Basic.Deliver | Basic.GetOk,
        properties: BasicProperties,
        body: bytes,
    ) -> Message:
        return Message(self.channel, method.delivery_tag, properties, body)
