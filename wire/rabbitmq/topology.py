"""The queues and exchanges on the broker, declared here and nowhere else.

Declaring is idempotent, and refused with 406 PRECONDITION_FAILED if something of that
name has other properties (https://www.rabbitmq.com/docs/queues#property-equivalence).
"""

from core.errors import QueueUnavailable
from wire.messages import names
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.session import Session

_PRECONDITION_FAILED = 406

# https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling: without a limit of
# its own, RabbitMQ 3.10 redelivers for ever; 4.x limits every quorum queue to 20.
QUEUE_ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-delivery-limit": names.DELIVERY_LIMIT,
    "x-dead-letter-exchange": names.DEAD_LETTER_EXCHANGE,
    # At-least-once dead-lettering needs the other overflow behaviour to be set too:
    # https://www.rabbitmq.com/docs/quorum-queues#activating-at-least-once-dead-lettering
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}

# Reading dead letters and leaving them there counts as delivering them, so their limit is
# as good as none. RabbitMQ 3.10 does not take -1, which 4.x has for that.
DEAD_LETTER_QUEUE_ARGUMENTS = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000_000}


def declare_topology(session: Session) -> None:
    """Make what is missing on the broker; raises QueueUnavailable if something differs."""
    channel = Channel(session)
    try:
        _declare(channel)
    except QueueUnavailable as error:
        if getattr(channel.loss, "reply_code", None) == _PRECONDITION_FAILED:
            raise QueueUnavailable(_other_properties(channel)) from None
        raise error from None
    channel.close()


def _declare(channel: Channel) -> None:
    for exchange in (names.DEAD_LETTER_EXCHANGE, names.EVENTS_EXCHANGE):
        _declare_exchange(channel, exchange)
    _declare_queue(channel, names.DEAD_LETTER_QUEUE, DEAD_LETTER_QUEUE_ARGUMENTS)
    _declare_queue(channel, names.QUEUE, QUEUE_ARGUMENTS)
    channel.request(
        lambda raw, done: raw.queue_bind(
            names.DEAD_LETTER_QUEUE, names.DEAD_LETTER_EXCHANGE, callback=done
        )
    )


def _declare_exchange(channel: Channel, name: str) -> None:
    channel.request(
        lambda raw, done: raw.exchange_declare(name, "fanout", durable=True, callback=done)
    )


def _declare_queue(channel: Channel, name: str, arguments: dict) -> None:
    channel.request(
        lambda raw, done: raw.queue_declare(name, durable=True, arguments=arguments, callback=done)
    )


def _other_properties(channel: Channel) -> str:
    return (
        f"RabbitMQ at {channel.session.address} has a queue or exchange of this project's name "
        f"with other properties ({channel.loss.reply_text}). Nothing was changed. Delete it once "
        "its messages are done, or name another virtual host in RABBITMQ_URL."
    )
