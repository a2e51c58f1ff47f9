"""Declare the queues and exchanges on the broker.

Declaring is idempotent. The broker refuses it with 406 PRECONDITION_FAILED if a queue or exchange
of that name has other properties (https://www.rabbitmq.com/docs/queues#property-equivalence), and
with 403 ACCESS_REFUSED if the user may not configure it, as the workers' user may not
(k8s/components/rabbitmq/permissions.json). To such a user everything has to exist already.
"""

from collections.abc import Mapping

from pika.exceptions import ChannelClosed

from core.errors import QueueUnavailable
from wire.messages import names
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.session import Session

_ACCESS_REFUSED = 403
_NOT_FOUND = 404
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
    """Declare what is missing, or check that all exists if this user may not declare.

    Raises QueueUnavailable if existing properties differ, or if something is missing.
    """
    if not _try(session, passive=False):
        _try(session, passive=True)


def _try(session: Session, *, passive: bool) -> bool:
    """Declare all; return whether this user may."""
    channel = Channel(session)
    try:
        _declare(channel, passive)
    except QueueUnavailable:
        code, text = _reply(channel)
        if code == _ACCESS_REFUSED and not passive:
            return False
        if code == _PRECONDITION_FAILED:
            raise QueueUnavailable(_explain_mismatch(session, text)) from None
        if code == _NOT_FOUND:
            raise QueueUnavailable(_explain_missing(session, text)) from None
        raise
    channel.close()
    return True


def _declare(channel: Channel, passive: bool) -> None:
    for exchange in (names.DEAD_LETTER_EXCHANGE, names.EVENTS_EXCHANGE):
        _declare_exchange(channel, exchange, passive)
    for name, arguments in _queues().items():
        _declare_queue(channel, name, arguments, passive)
    if not passive:
        channel.request(
            lambda raw, done: raw.queue_bind(
                names.DEAD_LETTER_QUEUE, names.DEAD_LETTER_EXCHANGE, callback=done
            )
        )


def _queues() -> dict[str, dict[str, str | int]]:
    pauses = names.RETRY_PAUSES_SECONDS
    return {
        names.DEAD_LETTER_QUEUE: KEPT_QUEUE_ARGUMENTS,
        names.QUEUE: QUEUE_ARGUMENTS,
        names.PAUSE_QUEUE: KEPT_QUEUE_ARGUMENTS,
        names.BACKLOG_QUEUE: BACKLOG_QUEUE_ARGUMENTS,
        **{names.retry_queue(each): retry_queue_arguments(each) for each in pauses},
    }


def _declare_exchange(channel: Channel, name: str, passive: bool) -> None:
    channel.request(
        lambda raw, done: raw.exchange_declare(
            name, "fanout", passive=passive, durable=True, callback=done
        )
    )


def _declare_queue(
    channel: Channel, name: str, arguments: Mapping[str, str | int], passive: bool
) -> None:
    channel.request(
        lambda raw, done: raw.queue_declare(
            name, passive=passive, durable=True, arguments=arguments, callback=done
        )
    )


def _reply(channel: Channel) -> tuple[int, str]:
    """Return code and text with which the broker closed a channel; zero and empty if it did not."""
    error = channel.error
    return (error.reply_code, error.reply_text) if isinstance(error, ChannelClosed) else (0, "")


def _explain_mismatch(session: Session, reply: str) -> str:
    return (
        f"RabbitMQ at {session.address} has a queue or exchange of the same name "
        f"with other properties ({reply}). Nothing was changed. Delete it once "
        "its messages are processed, or set another virtual host in RABBITMQ_URL."
    )


def _explain_missing(session: Session, reply: str) -> str:
    return session.unreachable(
        f"it answered “{reply}”, and this user may not declare it; start the dashboard, which "
        "declares it, or give this user the permission configure"
    )
