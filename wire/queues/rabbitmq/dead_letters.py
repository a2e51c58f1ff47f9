"""The dead-letter queue on RabbitMQ.

Dead letters of this project have their reason in a header. Messages that the broker dead-letters,
such as those over the delivery limit, have it in x-death
(https://www.rabbitmq.com/docs/dlx#effects).
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from pika import BasicProperties

from core.errors import QueueUnavailable
from wire.messages import names
from wire.messages.job import MAX_MESSAGE_BYTES
from wire.messages.quantities import unix_seconds
from wire.queues.base import DELIVERY_LIMIT_EXCEEDED, DeadLetter, decode_dead_letter
from wire.queues.rabbitmq.consumer import Consumer
from wire.queues.rabbitmq.counts import count_ready
from wire.queues.rabbitmq.message import Message
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.publisher import Publisher
from wire.rabbitmq.session import Session

_MAX_READ = 1000
"""Dead letters that are read to find the newest; a longer queue hides newer ones."""

_MAX_SEARCHED = 10_000
"""Dead letters that are read to find a given one."""

_REQUEUE_TIMEOUT_SECONDS = 1.0

_REASON_HEADER = "reason"
_BROKER_REASONS = {
    "delivery_limit": DELIVERY_LIMIT_EXCEEDED,
    "rejected": "A program that is not part of this project rejected it.",
    "expired": "It waited for longer than the broker's policy allows.",
    "maxlen": "The queue was longer than the broker's policy allows.",
}

_FOREIGN_HEADER = "Its x-death header is not the broker's, so the reason is unknown."
_MAX_REASON_CHARACTERS = 2000


def dead_letter(publisher: Publisher, body: bytes, reason: str) -> None:
    """Publish a dead letter; cut its body to the maximum size of a job.

    Raises PublishRefused and QueueUnavailable.
    """
    properties = BasicProperties(
        message_id=str(uuid.uuid4()), timestamp=int(time.time()), headers={_REASON_HEADER: reason}
    )
    publisher.publish(names.DEAD_LETTER_EXCHANGE, "", body[:MAX_MESSAGE_BYTES], properties)


def read_newest(session: Session, limit: int) -> list[DeadLetter]:
    """Return the newest ``limit`` dead letters, newest first, without removing them."""
    # A queue delivers its oldest messages first, so all must be read to find the newest.
    # Requeued messages may have lost their order.
    with _leased(session, _MAX_READ) as messages:
        in_order = sorted(messages, key=lambda message: _died_at(message) or 0)
        return [_decode(message) for message in in_order[::-1][:limit]]


def remove(session: Session, delivery_tag: str, handle: Callable[[bytes], None]) -> bool:
    """Call ``handle`` with a dead letter's body, then remove it; return False if it is gone.

    The dead letter stays if ``handle`` raises an error.
    """
    with _leased(session, _MAX_SEARCHED) as messages:
        for message in messages:
            if _fingerprint(message) == delivery_tag:
                handle(message.body)
                message.acknowledge()
                messages.remove(message)
                return True
    return False


@contextmanager
def _leased(session: Session, limit: int) -> Iterator[list[Message]]:
    """Lease the oldest dead letters; requeue those that are still in the list at the end."""
    channel = Channel(session)
    messages: list[Message] = []
    others = 0
    try:
        if count := min(limit, count_ready(channel, names.DEAD_LETTER_QUEUE)):
            messages = Consumer(channel, names.DEAD_LETTER_QUEUE).receive(count, timeout=1)
        others = count_ready(channel, names.DEAD_LETTER_QUEUE)
        yield messages
    finally:
        with suppress(QueueUnavailable):
            channel.post(lambda raw: raw.basic_nack(multiple=True, requeue=True))
            _wait_until_requeued(channel, others + len(messages))
        channel.close()


def _wait_until_requeued(channel: Channel, count: int) -> None:
    # The broker requeues asynchronously: an immediate second read would miss messages.
    deadline = time.monotonic() + _REQUEUE_TIMEOUT_SECONDS
    while count_ready(channel, names.DEAD_LETTER_QUEUE) < count and time.monotonic() < deadline:
        time.sleep(0.005)


def _decode(message: Message) -> DeadLetter:
    fingerprint, reason = _fingerprint(message), _reason(message)
    return decode_dead_letter(fingerprint, message.body, reason, _died_at(message))


def _fingerprint(message: Message) -> str:
    # Messages with equal bodies are the same job, so either of them may be removed.
    return hashlib.sha256(message.body).hexdigest()[:32]


def _reason(message: Message) -> str:
    headers = message.properties.headers or {}
    if isinstance(reason := headers.get(_REASON_HEADER), str):
        return reason[:_MAX_REASON_CHARACTERS]
    if "x-death" in headers and not isinstance(_death(message).get("reason"), str):
        return _FOREIGN_HEADER
    return _BROKER_REASONS.get(str(_death(message).get("reason")), "The broker gave no reason.")


def _died_at(message: Message) -> float | None:
    died = _death(message).get("time")
    at = died.timestamp() if isinstance(died, datetime) else message.properties.timestamp
    return unix_seconds(at)


def _death(message: Message) -> Mapping[str, object]:
    """Return the newest entry of x-death; empty if the broker did not dead-letter the message."""
    match (message.properties.headers or {}).get("x-death"):
        case [Mapping() as newest, *_]:
            return newest
    return {}
