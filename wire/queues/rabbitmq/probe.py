"""Find out whether the broker accepts messages, without a message on any queue."""

from core.settings import Settings
from wire.messages import names
from wire.queues.rabbitmq.counts import count_ready
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.connection import shared_connection

_NO_QUEUE = "probe"
"""No queue has this name, so the default exchange drops the message."""


def probe(settings: Settings) -> None:
    """Raise QueueUnavailable if the broker refuses messages, or blocks whoever publishes.

    It blocks the connection at the first message, and then answers nothing
    (https://www.rabbitmq.com/docs/connection-blocked).
    """
    connection = shared_connection(settings.rabbitmq_url)
    try:
        channel = Channel(connection.session())
        channel.post(lambda raw: raw.basic_publish("", _NO_QUEUE, b""))
        count_ready(channel, names.QUEUE)
    finally:
        connection.close()
