"""An AMQP channel that any thread may use, and the connection's thread that serves it.

pika's objects belong to the thread that runs their loop. That thread never waits for
anything but the network, so heartbeats go on whatever the rest of the process does;
callers hand it small pieces of work and wait for the answer on a future.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pika
import pika.channel
from pika.exceptions import AMQPError

from wire.errors import QueueUnavailable
from wire.rabbitmq_failures import cause

PATIENCE = 5.0
"""Seconds that a caller waits for the broker before it hears QueueUnavailable."""

_NOT_FOUND = 404

Done = Callable[[Any], None]


class Session:
    """One open connection and the thread that reads and writes it."""

    def __init__(self, parameters: pika.ConnectionParameters) -> None:
        """Start to connect; ``wait_until_open`` tells how it went."""
        self.address = f"{parameters.host}:{parameters.port}"
        self.blocked = False
        """Whether the broker takes no messages, since its memory or disk is short."""
        self._opened: Future[None] = Future()
        self.connection = pika.SelectConnection(
            parameters,
            on_open_callback=lambda _: self._opened.set_result(None),
            on_open_error_callback=self._on_open_error,
            on_close_callback=lambda *_: self.connection.ioloop.stop(),
        )
        self.connection.add_on_connection_blocked_callback(self._on_blocked)
        self.connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self._thread = threading.Thread(
            target=self.connection.ioloop.start, name="rabbitmq", daemon=True
        )
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether the connection can be used, as far as is known."""
        return self.connection.is_open and self._thread.is_alive()

    @property
    def why_silent(self) -> str:
        """Why an answer may be late."""
        if self.blocked:
            return "it takes no messages, since its memory or disk is short"
        return "it does not answer"

    def wait_until_open(self, patience: float) -> None:
        """Return once the connection is open; raises QueueUnavailable."""
        try:
            error = self._opened.exception(patience)
        except TimeoutError:
            raise QueueUnavailable(self.unreachable("it does not answer")) from None
        if error:
            raise QueueUnavailable(self.unreachable(cause(error)))

    def run(self, work: Callable[[], None]) -> None:
        """Let the connection's thread do something soon."""
        self.connection.ioloop.add_callback_threadsafe(work)

    def close(self) -> None:
        """Close the connection; what its channels hold returns to their queues."""
        self.run(self._close)
        if threading.current_thread() is not self._thread:
            self._thread.join(PATIENCE)

    def unreachable(self, why: str) -> str:
        """Say that the broker cannot be used."""
        return (
            f"RabbitMQ at {self.address} cannot be used: {why}. "
            "Jobs on its queue are kept; try again in a moment."
        )

    def _close(self) -> None:
        if self.connection.is_open:
            self.connection.close()
        elif not self.connection.is_closing:
            self.connection.ioloop.stop()

    def _on_open_error(self, _connection: object, error: Exception) -> None:
        self._opened.set_exception(error)
        self.connection.ioloop.stop()

    def _on_blocked(self, *_: object) -> None:
        self.blocked = True

    def _on_unblocked(self, *_: object) -> None:
        self.blocked = False


class Channel:
    """A channel of a session; once lost it stays lost, and so do its deliveries."""

    def __init__(self, session: Session) -> None:
        """Open a channel; raises QueueUnavailable."""
        self.session = session
        self.loss: Exception | None = None
        """Why the channel was lost, in pika's words; None while it is open."""
        self._lock = threading.Lock()
        self._waiting: set[Future] = set()
        self._on_loss: list[Callable[[], None]] = []
        self._raw: pika.channel.Channel | None = None
        self.request(self._open)

    @property
    def is_open(self) -> bool:
        """Whether the channel can be used, as far as is known."""
        return self.loss is None and self.session.is_open

    def request(
        self, start: Callable[[pika.channel.Channel, Done], object], patience: float = PATIENCE
    ) -> Any:
        """Run ``start(channel, done)`` in the connection's thread; return what done gets.

        Raises QueueUnavailable if the channel is lost or ``patience`` seconds pass first.
        Work that has not started by then is never started.
        """
        answer: Future = Future()
        self._expect(answer)
        self.session.run(lambda: self._start(start, answer))
        try:
            return answer.result(patience)
        except TimeoutError:
            answer.cancel()
            raise QueueUnavailable(self.session.unreachable(self.session.why_silent)) from None
        finally:
            with self._lock:
                self._waiting.discard(answer)

    def post(self, work: Callable[[pika.channel.Channel], object]) -> None:
        """Run ``work(channel)`` in the connection's thread; nothing happens on a lost one."""
        self.session.run(lambda: self._post(work))

    def when_lost(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called in the connection's thread when the channel is lost."""
        self._on_loss.append(callback)

    def close(self) -> None:
        """Close the channel; unacknowledged messages return to their queues."""
        try:
            self.request(self._close)
        except QueueUnavailable:
            return

    def _open(self, _: None, done: Done) -> None:
        self._raw = self.session.connection.channel(on_open_callback=done)
        self._raw.add_on_close_callback(self._on_closed)

    def _close(self, raw: pika.channel.Channel, done: Done) -> None:
        self._on_loss.append(lambda: done(None))
        raw.close()

    def _expect(self, answer: Future) -> None:
        with self._lock:
            if not self.is_open:
                raise QueueUnavailable(self._loss_sentence())
            self._waiting.add(answer)

    def _start(self, start: Callable, answer: Future) -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            start(self._raw, lambda result: _answer(answer, result))
        except AMQPError as error:
            self._on_closed(None, error)

    def _post(self, work: Callable) -> None:
        try:
            if self.is_open:
                work(self._raw)
        except AMQPError as error:
            self._on_closed(None, error)

    def _on_closed(self, _raw: object, reason: Exception) -> None:
        with self._lock:
            self.loss = self.loss or reason
            waiting, self._waiting = self._waiting, set()
            callbacks, self._on_loss = self._on_loss, []
        for callback in callbacks:
            callback()
        for answer in waiting:
            if not answer.done():
                answer.set_exception(QueueUnavailable(self._loss_sentence()))
        if getattr(reason, "reply_code", None) == _NOT_FOUND:
            # Somebody deleted a queue: the next session declares it again.
            self.session.close()

    def _loss_sentence(self) -> str:
        why = cause(self.loss) if self.loss else "the connection was lost"
        return self.session.unreachable(why)


def _answer(answer: Future, result: object) -> None:
    if not answer.done():
        answer.set_result(result)
