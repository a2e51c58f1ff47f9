"""An AMQP channel that any thread may use.

Callers hand the connection's thread small pieces of work, and wait for the answer on a
future that fails when the channel is lost.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import pika.channel
from pika.exceptions import AMQPError

from core.errors import QueueUnavailable
from wire.rabbitmq.failures import cause
from wire.rabbitmq.session import PATIENCE, Session

_NOT_FOUND = 404

Done = Callable[[Any], None]


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
        # If it is lost they have returned already; if the broker is silent, they will.
        with suppress(QueueUnavailable):
            self.request(self._close, patience=1)

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
