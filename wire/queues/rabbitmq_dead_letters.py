"""The dead-letter queue on RabbitMQ: messages with the reason why nobody tries them again.

This project's own carry it in a header; the broker's, which exceeded the delivery limit,
say so in x-death (https://www.rabbitmq.com/docs/dlx#effects).
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pika import BasicProperties

from core.errors import QueueUnavailable
from wire.messages import names
from wire.messages.job import MAX_MESSAGE
from wire.queues.base import DeadLetter
from wire.queues.dead_letters import EXHAUSTED, describe
from wire.queues.rabbitmq_consumer import Consumer, Message
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.publisher import Publisher
from wire.rabbitmq.session import Session

_READ = 1000
"""How many dead letters are read for the newest; those after them wait to be seen."""

_SEARCHED = 10_000
"""How many dead letters are looked through for one."""

_REASON = "reason"
_MEANINGS = {
    "delivery_limit": EXHAUSTED,
    "rejected": "A program that is not part of this project rejected it.",
    "expired": "It waited for longer than the broker's policy allows.",
    "maxlen": "The queue was longer than the broker's policy allows.",
}


def dead_letter(publisher: Publisher, body: bytes, reason: str) -> None:
    """Publish a dead letter; its body is cut to the size that a job can have at most.

    Raises PublishRefused, QueueUnavailable.
    """
    properties = BasicProperties(
        message_id=str(uuid.uuid4()), timestamp=int(time.time()), headers={_REASON: reason}
    )
    publisher.publish(names.DEAD_LETTER_EXCHANGE, "", body[:MAX_MESSAGE], properties)


def newest(session: Session, limit: int) -> list[DeadLetter]:
    """Read the newest ``limit`` dead letters, newest first, and leave them where they are."""
    # A queue gives its oldest messages first, so all must be read for the last ones. Those
    # that were read before have lost their order, if they were many.
    with _held(session, _READ) as messages:
        in_order = sorted(messages, key=lambda message: _died_at(message) or 0)
        return [_read(message) for message in in_order[::-1][:limit]]


def remove(session: Session, delivery_tag: str, use: Callable[[bytes], None]) -> bool:
    """Call ``use`` with a dead letter's body and remove it; False if it is gone.

    It stays where it is if ``use`` raises an error.
    """
    with _held(session, _SEARCHED) as messages:
        for message in messages:
            if _receipt(message) == delivery_tag:
                use(message.body)
                message.acknowledge()
                messages.remove(message)
                return True
    return False


@contextmanager
def _held(session: Session, limit: int) -> Iterator[list[Message]]:
    """Hold the oldest dead letters; those still in the list at the end go back."""
    channel = Channel(session)
    messages: list[Message] = []
    others = 0
    try:
        if count := min(limit, waiting(channel, names.DEAD_LETTER_QUEUE)):
            messages = Consumer(channel, names.DEAD_LETTER_QUEUE).batch(count, timeout=1)
        others = waiting(channel, names.DEAD_LETTER_QUEUE)
        yield messages
    finally:
        with suppress(QueueUnavailable):
            channel.post(lambda raw: raw.basic_nack(multiple=True, requeue=True))
            _wait_for(channel, others + len(messages))
        channel.close()


def _wait_for(channel: Channel, count: int) -> None:
    # The broker returns messages after its answers: who looks again at once would miss them.
    deadline = time.monotonic() + 1
    while waiting(channel, names.DEAD_LETTER_QUEUE) < count and time.monotonic() < deadline:
        time.sleep(0.005)


def waiting(channel: Channel, queue_name: str) -> int:
    """Count the messages of a queue that nobody holds, exactly."""
    frame = channel.request(
        lambda raw, done: raw.queue_declare(queue_name, passive=True, callback=done)
    )
    return frame.method.message_count


def _read(message: Message) -> DeadLetter:
    """Build what people see of a dead letter."""
    return describe(_receipt(message), message.body, _reason(message), _died_at(message))


def _receipt(message: Message) -> str:
    # Equal bodies are the same job: it does not matter which of them is meant.
    return hashlib.sha256(message.body).hexdigest()[:32]


def _reason(message: Message) -> str:
    headers = message.properties.headers or {}
    if _REASON in headers:
        return str(headers[_REASON])
    return _MEANINGS.get(_death(message).get("reason"), "The broker does not say why.")


def _died_at(message: Message) -> float | None:
    died = _death(message).get("time")
    return died.timestamp() if died else message.properties.timestamp


def _death(message: Message) -> dict:
    """Return the newest entry of x-death, empty if the broker did not dead-letter the message."""
    deaths = (message.properties.headers or {}).get("x-death")
    return deaths[0] if deaths else {}
