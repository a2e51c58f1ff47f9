"""Count the ready messages of queues, exactly."""

from typing import Any

from pika.frame import Method

from wire.messages import names
from wire.rabbitmq.channel import Channel


def count_ready(channel: Channel, queue_name: str) -> int:
    """Count the ready messages of a queue."""
    frame: Method[Any] = channel.request(
        lambda raw, done: raw.queue_declare(queue_name, passive=True, callback=done)
    )
    return int(frame.method.message_count)


def count_retries(channel: Channel) -> int:
    """Count the jobs that wait for their next attempt."""
    return sum(count_ready(channel, names.retry_queue(s)) for s in names.RETRY_PAUSES_SECONDS)
