"""Whether jobs may go to the job queue now, from counts that are at most some moments old."""

import time
from collections.abc import Callable

from core.call_lock import CallLock
from wire.messages import names
from wire.queues.rabbitmq.counts import count_ready
from wire.rabbitmq.channel import Channel

REFRESH_SECONDS = 0.25


class Gate:
    """The state of the broker's queues; thread-safe.

    Args:
        open_channel: returns a channel on which to count; raises QueueUnavailable.
        max_ready: jobs that the job queue takes.

    """

    def __init__(self, open_channel: Callable[[], Channel], max_ready: int) -> None:
        self._open_channel = open_channel
        self._max_ready = max_ready
        self._lock = CallLock()
        self._paused_read_at = self._room_read_at = -REFRESH_SECONDS
        self._paused = False
        self._room = 0

    def is_paused(self) -> bool:
        """Return whether the queue is paused. Raises QueueUnavailable."""
        with self._lock:
            if time.monotonic() - self._paused_read_at >= REFRESH_SECONDS:
                self._paused = count_ready(self._open_channel(), names.PAUSE_QUEUE) > 0
                self._paused_read_at = time.monotonic()
            return self._paused

    def admits(self, held: int) -> bool:
        """Take a place on the job queue; return False if the job has to wait for its turn.

        Nothing passes those that wait already, of which this process holds ``held``.
        """
        if held or self.is_paused():
            return False
        with self._lock:
            if time.monotonic() - self._room_read_at >= REFRESH_SECONDS:
                self._room = self._count_room(self._open_channel())
                self._room_read_at = time.monotonic()
            self._room -= 1
            return self._room >= 0

    def refresh(self) -> None:
        """Count anew at the next call."""
        with self._lock:
            self._paused_read_at = self._room_read_at = -REFRESH_SECONDS

    def _count_room(self, channel: Channel) -> int:
        if count_ready(channel, names.BACKLOG_QUEUE):
            return 0
        return self._max_ready - count_ready(channel, names.QUEUE)
