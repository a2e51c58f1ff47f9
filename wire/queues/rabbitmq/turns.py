"""The order of jobs on RabbitMQ: fair turns, the front of the queue, and its pause.

The job queue delivers in the order of publishing, and KEDA counts it. So it takes at most
``max_ready`` jobs; further ones are published to the backlog, from which a dashboard refills it in
a fair order. While the queue is paused, all jobs are in the backlog, and scalers count none.

Each move publishes a copy and then removes the message, so a failure in between leaves two. They
are the same job: the second finds its pictures stored.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pika import BasicProperties

from core.call_lock import CallLock
from wire.messages import names
from wire.messages.job import Job, peek
from wire.queues.rabbitmq.backlog import Backlog
from wire.queues.rabbitmq.counts import count_ready
from wire.queues.rabbitmq.gate import Gate
from wire.queues.rabbitmq.message import Message
from wire.queues.rabbitmq.moves import move, reader, remove
from wire.rabbitmq.channel import Channel, closed_on_error
from wire.rabbitmq.publisher import Publisher

_STATISTICS_SECONDS = 10.0
"""How old the counts of the management API may be, which are emitted and collected every 5 s."""


class Turns:
    """Decides which jobs are ready. Thread-safe; all methods raise QueueError."""

    def __init__(self, open_publisher: Callable[[], Publisher], max_ready: int) -> None:
        self._open_publisher = open_publisher
        self._max_ready = max_ready
        self._gate = Gate(lambda: open_publisher().channel, max_ready)
        self._lock = CallLock()
        self._backlog: Backlog | None = None
        self._moved_at = -_STATISTICS_SECONDS

    @property
    def held(self) -> int:
        """The number of jobs of the backlog that this process holds."""
        return 0 if self._backlog is None else len(self._backlog)

    @property
    def holds_backlog(self) -> bool:
        """Whether this process is known to be the one that holds jobs of the backlog."""
        return self._backlog is not None and self._backlog.is_active

    @property
    def moved_lately(self) -> bool:
        """Whether the broker's statistics may still contain jobs that left the job queue here."""
        return time.monotonic() - self._moved_at < _STATISTICS_SECONDS

    def is_paused(self) -> bool:
        """Return whether the queue is paused, as of at most a quarter of a second ago."""
        return self._gate.is_paused()

    def queue_for_new_job(self) -> str:
        """Return the name of the queue to publish a job to."""
        return names.QUEUE if self._gate.admits(self.held) else names.BACKLOG_QUEUE

    def dispatch(self) -> None:
        """Refill the job queue from the backlog, or empty it while the queue is paused."""
        with self._lock:
            self._dispatch(self._open_publisher())

    def pause(self) -> None:
        """Let no process receive a job, and move the ready ones to the backlog."""
        with self._lock:
            publisher = self._open_publisher()
            if not count_ready(publisher.channel, names.PAUSE_QUEUE):
                mark = BasicProperties(message_id=str(uuid.uuid4()))
                publisher.publish("", names.PAUSE_QUEUE, b"", mark)
            self._gate.refresh()
            self._set_aside(publisher)

    def resume(self) -> None:
        """End the pause."""
        with self._lock:
            publisher = self._open_publisher()
            publisher.channel.request(
                lambda raw, done: raw.queue_purge(names.PAUSE_QUEUE, callback=done)
            )
            self._gate.refresh()
            self._dispatch(publisher)

    def move_to_front(self, job_id: str) -> bool:
        """Put a waiting job before all others; return False if it does not wait."""
        with self._lock:
            publisher = self._open_publisher()
            backlog = self._open_backlog(publisher)
            now = round(time.time() * 1000)
            waiting = backlog.take_job(job_id)
            with closed_on_error(backlog.channel):
                if waiting:
                    move(publisher, waiting.message, names.BACKLOG_QUEUE, now)
                moved = self._set_aside(publisher, job_id, now) or waiting is not None
                moved = moved or self._end_retry_pause(publisher, job_id, now)
            if moved:
                backlog.wait_for(job_id)
            self._dispatch(publisher)
            return moved

    def remove_waiting(self) -> Iterator[Job]:
        """Remove all jobs that no worker has, and yield them; dead-letter invalid messages."""
        with self._lock:
            publisher = self._open_publisher()
            backlog = self._open_backlog(publisher)
            # In the direction in which the broker moves them, so that none passes unseen.
            for name in (*map(names.retry_queue, names.RETRY_PAUSES_SECONDS), names.QUEUE):
                with self._reader(publisher, name) as messages:
                    yield from remove(publisher, messages)
            with closed_on_error(backlog.channel):
                while waiting := backlog.take_all():
                    yield from remove(publisher, (each.message for each in waiting))
            self._gate.refresh()

    def close(self) -> None:
        """Return the jobs of the backlog, for another dashboard."""
        if self._backlog is not None:
            self._backlog.channel.close()

    def _open_backlog(self, publisher: Publisher) -> Backlog:
        # An empty one is false, and stays the one that the broker delivers to.
        if self._backlog is None or not self._backlog.channel.is_open:
            self._backlog = Backlog(Channel(publisher.channel.session))
        return self._backlog

    def _dispatch(self, publisher: Publisher) -> None:
        backlog = self._open_backlog(publisher)
        ready = count_ready(publisher.channel, names.QUEUE)
        if self._gate.is_paused():
            if ready:
                self._set_aside(publisher)
            return
        with closed_on_error(backlog.channel):
            for _ in range(self._max_ready - ready):
                waiting = backlog.take()
                if waiting is None:
                    return
                move(publisher, waiting.message, names.QUEUE, waiting.in_front)

    def _set_aside(self, publisher: Publisher, job_id: str = "", in_front: int = 0) -> bool:
        """Move the ready jobs to the backlog, one of them to its front; return whether it was."""
        found = False
        with self._reader(publisher, names.QUEUE) as messages:
            for message in messages:
                is_job = bool(job_id) and peek(message.body)[0] == job_id
                found = found or is_job
                front = in_front if is_job else message.in_front
                move(publisher, message, names.BACKLOG_QUEUE, front, count_deliveries=True)
        return found

    def _end_retry_pause(self, publisher: Publisher, job_id: str, in_front: int) -> bool:
        """Move a job that waits for its next attempt to the front of the backlog."""
        for seconds in names.RETRY_PAUSES_SECONDS:
            with self._reader(publisher, names.retry_queue(seconds)) as messages:
                for message in messages:
                    if peek(message.body)[0] == job_id:
                        move(publisher, message, names.BACKLOG_QUEUE, in_front)
                        return True
        return False

    @contextmanager
    def _reader(self, publisher: Publisher, queue_name: str) -> Iterator[Iterator[Message]]:
        try:
            with reader(publisher.channel.session, queue_name) as messages:
                yield messages
        finally:
            self._moved_at = time.monotonic()
