"""Declare the queues and exchanges on the broker.

Declaring is idempotent. The broker refuses it with 406 PRECONDITION_FAILED if a queue or exchange
of that name has other properties (https://www.rabbitmq.com/docs/queues#property-equivalence).
"""

from collections.abc import Mapping

from pika.exceptions import ChannelClosed

from core.errors import QueueUnavailable
from wire.messages import names
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.session import Session

_PRECONDITION_FAILED = 406

# https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling: without this limit,
# RabbitMQ 3.10 redelivers for ever; 4.x limits every quorum queue to 20.
QUEUE_ARGUMENTS: dict[str, str | int] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": names.DELIVERY_LIMIT,
    "x-dead-letter-exchange": names.DEAD_LETTER_EXCHANGE,
    # At-least-once dead-lettering requires this overflow behaviour:
    # https://www.rabbitmq.com/docs/quorum-queues#activating-at-least-once-dead-lettering
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}

# Reading messages without removing them counts as delivery, so the limit is practically infinite.
# RabbitMQ 3.10 does not accept -1, as 4.x does.
KEPT_QUEUE_ARGUMENTS: dict[str, str | int] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 1_000_000_000,
}

# One dashboard at a time brings the jobs into a fair order.
BACKLOG_QUEUE_ARGUMENTS: dict[str, str | int] = KEPT_QUEUE_ARGUMENTS | {
    "x-single-active-consumer": True
}


def retry_queue_arguments(seconds: float) -> dict[str, str | int]:
    """Return the arguments of a queue whose messages go to the job queue after some seconds.

    The broker moves them at least once, even while no program of this project runs
    (https://www.rabbitmq.com/docs/quorum-queues#dead-lettering). One queue for each pause, since
    messages expire at the head of a queue only (https://www.rabbitmq.com/docs/ttl).
    """
    return KEPT_QUEUE_ARGUMENTS | {
        "x-message-ttl": round(seconds * 1000),
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": names.QUEUE,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def declare_topology(session: Session) -> None:
    """Declare what is missing. Raises QueueUnavailable if existing properties differ."""
    channel = Channel(session)
    try:
        _declare(channel)
    except QueueUnavailable:
        reason = channel.error
        if isinstance(reason, ChannelClosed) and reason.reply_code == _PRECONDITION_FAILED:
            raise QueueUnavailable(_explain_mismatch(channel, reason)) from None
        raise
    channel.close()


def _declare(channel: Channel) -> None:
    for exchange in (names.DEAD_LETTER_EXCHANGE, names.EVENTS_EXCHANGE):
        _declare_exchange(channel, exchange)
    _declare_queue(channel, names.DEAD_LETTER_QUEUE, KEPT_QUEUE_ARGUMENTS)
    _declare_queue(channel, names.QUEUE, QUEUE_ARGUMENTS)
    _declare_queue(channel, names.PAUSE_QUEUE, KEPT_QUEUE_ARGUMENTS)
    _declare_queue(channel, names.BACKLOG_QUEUE, BACKLOG_QUEUE_ARGUMENTS)
    for seconds in names.RETRY_PAUSES_SECONDS:
        _declare_queue(channel, names.retry_queue(seconds), retry_queue_arguments(seconds))
    channel.request(
        lambda raw, done: raw.queue_bind(
            names.DEAD_LETTER_QUEUE, names.DEAD_LETTER_EXCHANGE, callback=done
        )
    )


def _declare_exchange(channel: Channel, name: str) -> None:
    channel.request(
        lambda raw, done: raw.exchange_declare(name, "fanout", durable=True, callback=done)
    )


def _declare_queue(channel: Channel, name: str, arguments: Mapping[str, str | int]) -> None:
    channel.request(
        lambda raw, done: raw.queue_declare(name, durable=True, arguments=arguments, callback=done)
    )


def _explain_mismatch(channel: Channel, reason: ChannelClosed) -> str:
    return (
        f"RabbitMQ at {channel.session.address} has a queue or exchange of the same name "
        f"with other properties ({reason.reply_text}). Nothing was changed. Delete it once "
        "its messages are processed, or set another virtual host in RABBITMQ_URL."
    )
