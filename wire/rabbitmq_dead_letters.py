"""The dead-letter queue on RabbitMQ: messages with the reason why nobody tries them again.

This project's own carry it in a header; the broker's, which exceeded the delivery limit,
say so in x-death (https://www.rabbitmq.com/docs/dlx#effects).
"""

import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from pika import BasicProperties

from wire import names
from wire.dead_letters import EXHAUSTED, GONE, describe
from wire.errors import QueueError
from wire.job import MAX_MESSAGE
from wire.queue import DeadLetter
from wire.rabbitmq_channel import Channel, Session
from wire.rabbitmq_consumer import Consumer, Message
from wire.rabbitmq_publisher import Publisher

_SEARCHED = 10_000
"""How many dead letters are looked through for one."""

_REASON = "reason"
_MEANINGS = {
    "delivery_limit": EXHAUSTED,
    "rejected": "A program that is not part of this project rejected it.",
    "expired": "It waited for longer than the broker's policy allows.",
    "maxlen": "The queue was longer than the broker's policy allows.",
}


def bury(publisher: Publisher, body: bytes, reason: str) -> None:
    """Publish a dead letter; its body is cut to the size that a job can have at most.

    Raises PublishRefused, QueueUnavailable.
    """
    properties = BasicProperties(
        message_id=str(uuid.uuid4()), timestamp=int(time.time()), headers={_REASON: reason}
    )
    publisher.publish(names.DEAD_LETTER_EXCHANGE, "", body[:MAX_MESSAGE], properties)


@contextmanager
def held(session: Session, limit: int) -> Iterator[list[Message]]:
    """Hold the oldest dead letters; those not acknowledged inside go back where they were."""
    channel = Channel(session)
    try:
        consumer = Consumer(channel, names.DEAD_LETTER_QUEUE)
        count = min(limit, waiting(channel, names.DEAD_LETTER_QUEUE))
        yield consumer.batch(count, timeout=1) if count else []
        channel.post(lambda raw: raw.basic_nack(multiple=True, requeue=True))
    finally:
        channel.close()


@contextmanager
def found(session: Session, receipt: str) -> Iterator[Message]:
    """Hold one dead letter; raises QueueError if it is gone."""
    with held(session, _SEARCHED) as messages:
        for message in messages:
            if _receipt(message) == receipt:
                yield message
                return
        raise QueueError(GONE)


def waiting(channel: Channel, queue_name: str) -> int:
    """Count the messages of a queue that nobody holds, exactly."""
    frame = channel.request(
        lambda raw, done: raw.queue_declare(queue_name, passive=True, callback=done)
    )
    return frame.method.message_count


def read(message: Message) -> DeadLetter:
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
    """Return the newest entry of x-death, empty if the broker did not bury the message."""
    deaths = (message.properties.headers or {}).get("x-death")
    return deaths[0] if deaths else {}
