"""Count the ready messages of queues, exactly."""

import math
import time
from typing import Any

from pika.frame import Method

from wire.messages import names
from wire.rabbitmq.channel import Channel

_KEPT_SECONDS = 15.0
"""Longer than the pause after a request that failed, so that a single failure loses no count."""


class LastCount:
    """A count of the management API, kept for some seconds while no newer one is known."""

    def __init__(self) -> None:
        self._count: int | None = None
        self._read_at = -math.inf

    def update(self, count: int | None) -> int | None:
        """Return the newest known count; None once it is too old."""
        now = time.monotonic()
        if count is not None:
            self._count, self._read_at = count, now
        return self._count if now - self._read_at < _KEPT_SECONDS else None


def count_ready(channel: Channel, queue_name: str) -> int:
    """Count the ready messages of a queue."""
    frame: Method[Any] = channel.request(
        lambda raw, done: raw.queue_declare(queue_name, passive=True, callback=done)
    )
    return int(frame.method.message_count)


def count_retries(channel: Channel) -> int:
    """Count the jobs that wait for their next attempt."""
    return sum(count_ready(channel, names.retry_queue(s)) for s in names.RETRY_PAUSES_SECONDS)
