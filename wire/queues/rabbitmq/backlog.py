"""The jobs whose turns have not come: durable on the broker, held by one dashboard at a time.

A queue is read in its order only. So a dashboard receives all messages of the backlog, keeps them
unacknowledged, and picks from them. When it ends, or at the broker's consumer timeout, they return
and are received again.
"""

import threading
import time
from dataclasses import dataclass

from pika import BasicProperties
from pika.channel import Channel as RawChannel
from pika.spec import Basic

from wire.messages import names
from wire.messages.job import peek
from wire.queues.rabbitmq.consumer import CONSUMER_ARGUMENTS
from wire.queues.rabbitmq.counts import count_ready
from wire.queues.rabbitmq.fair_order import FairOrder
from wire.queues.rabbitmq.message import Message
from wire.rabbitmq.channel import Channel, Done, closed_on_error

_MAX_HELD = 20_000
_ARRIVAL_SECONDS = 2.0
_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class WaitingJob:
    """A message of the backlog, with what determines its turn."""

    message: Message
    job_id: str
    """Jobs sort by it in the order of their submission; empty for a message without one."""
    submitter: str
    in_front: int


class Backlog:
    """Receives the backlog on a channel of its own. Thread-safe."""

    def __init__(self, channel: Channel) -> None:
        """Start to receive. Raises QueueUnavailable."""
        self.channel = channel
        self._order: FairOrder[WaitingJob] = FairOrder()
        self._changed = threading.Condition()
        self._received = False
        # A backlog that is deleted, or whose broker stops, is received anew on another channel.
        channel.post(lambda raw: raw.add_on_cancel_callback(lambda _: raw.close()))
        # A consumer that starts late would be the active one, and keep all messages.
        with closed_on_error(channel):
            channel.request(self._consume)

    def __len__(self) -> int:
        with self._changed:
            return len(self._order) if self.channel.is_open else 0

    @property
    def is_active(self) -> bool:
        """Whether the broker delivers the backlog here, so that no other process holds any of it.

        It chooses one consumer until that one's channel ends, and does not report which; so this is
        known from the first message on.
        """
        return self._received and self.channel.is_open

    def take(self) -> WaitingJob | None:
        """Remove and return the job whose turn it is; None if there is none."""
        with self._changed:
            return self._order.next() if self._order else None

    def take_all(self) -> list[WaitingJob]:
        """Remove and return all jobs that are here; none if the backlog is empty.

        More than this process holds at a time arrive once these are acknowledged.
        """
        self._wait_until_received()
        with self._changed:
            return self._order.clear()

    def take_job(self, job_id: str) -> WaitingJob | None:
        """Remove and return a given job; None if it is not here."""
        self._wait_until_received()
        with self._changed:
            waiting = self._order.find(job_id)
            if waiting:
                self._order.remove(waiting)
            return waiting

    def wait_for(self, job_id: str) -> None:
        """Wait until a job that was published to the backlog has arrived, for some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._order.find(job_id), _ARRIVAL_SECONDS)

    def _wait_until_received(self) -> None:
        """Wait until the broker has sent what is ready, for some seconds: it is asynchronous."""
        deadline = time.monotonic() + _ARRIVAL_SECONDS
        while count_ready(self.channel, names.BACKLOG_QUEUE) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)

    def _consume(self, raw: RawChannel, done: Done) -> None:
        raw.basic_qos(prefetch_count=_MAX_HELD)
        raw.basic_consume(
            names.BACKLOG_QUEUE, self._on_message, arguments=CONSUMER_ARGUMENTS, callback=done
        )

    def _on_message(
        self, _raw: RawChannel, method: Basic.Deliver, properties: BasicProperties, body: bytes
    ) -> None:
        message = Message(self.channel, method.delivery_tag or 0, properties, body)
        with self._changed:
            self._received = True
            self._order.add(WaitingJob(message, *peek(body), message.in_front))
            self._changed.notify_all()
