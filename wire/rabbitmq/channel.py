"""A thread-safe AMQP channel.

Calls run in the thread of the connection; callers wait for the reply on a future, which fails
when the channel is lost.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

from pika.channel import Channel as RawChannel
from pika.exceptions import AMQPError, ChannelClosed

from core.errors import QueueError, QueueUnavailable
from wire.rabbitmq.failures import explain
from wire.rabbitmq.session import TIMEOUT_SECONDS, Session

_NOT_FOUND = 404

_CLOSE_TIMEOUT_SECONDS = 1.0

Done: TypeAlias = Callable[[Any], None]
"""Receives the reply to a request."""

Request: TypeAlias = Callable[[RawChannel, Done], object]


class Channel:
    """A channel of a session. A lost channel is never reopened; its deliveries are void."""

    def __init__(self, session: Session) -> None:
        """Open a channel. Raises QueueUnavailable."""
        self.session = session
        self.error: Exception | None = None
        """The reason that pika gave for closing the channel; None while it is open."""
        self._lock = threading.Lock()
        self._pending: set[Future[Any]] = set()
        self._lost_callbacks: list[Callable[[], None]] = []
        self._raw: RawChannel
        self._wait(self._open, TIMEOUT_SECONDS)

    @property
    def is_open(self) -> bool:
        """Whether the channel is open, as far as is known."""
        return self.error is None and self.session.is_open

    def request(self, call: Request, timeout: float = TIMEOUT_SECONDS) -> Any:
        """Run ``call(channel, done)`` in the connection's thread; return the reply given to done.

        Raises QueueUnavailable if the channel is lost, or if no reply arrives within ``timeout``
        seconds; a call that has not started by then never runs.
        """
        return self._wait(lambda done: call(self._raw, done), timeout)

    def post(self, call: Callable[[RawChannel], object]) -> None:
        """Run ``call(channel)`` in the connection's thread; do nothing if the channel is lost."""
        self.session.run(lambda: self._post(call))

    def on_lost(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` in the connection's thread when the channel is lost."""
        self._lost_callbacks.append(callback)

    def close(self) -> None:
        """Close the channel; the broker requeues its unacknowledged messages."""
        # Each channel that is waited for in vain would delay the end of the process.
        if self.session.answers:
            with suppress(QueueUnavailable):
                self.request(self._close, _CLOSE_TIMEOUT_SECONDS)
                return
        # A channel that is lost needs nothing; one that is busy is closed later.
        self.post(lambda raw: raw.close())

    def _wait(self, call: Callable[[Done], object], timeout: float) -> Any:
        reply: Future[Any] = Future()
        self._add_pending(reply)
        self.session.run(lambda: self._start(call, reply))
        try:
            result = reply.result(timeout)
        except TimeoutError:
            reply.cancel()
            self.session.answers = False
            raise QueueUnavailable(self.session.unreachable(self.session.delay_reason)) from None
        else:
            self.session.answers = True
            return result
        finally:
            with self._lock:
                self._pending.discard(reply)

    def _open(self, done: Done) -> None:
        self._raw = self.session.connection.channel(on_open_callback=done)
        self._raw.add_on_close_callback(self._on_closed)

    def _close(self, raw: RawChannel, done: Done) -> None:
        self._lost_callbacks.append(lambda: done(None))
        raw.close()

    def _add_pending(self, reply: Future[Any]) -> None:
        with self._lock:
            if not self.is_open:
                raise QueueUnavailable(self._explain_loss())
            self._pending.add(reply)

    def _start(self, call: Callable[[Done], object], reply: Future[Any]) -> None:
        if not reply.set_running_or_notify_cancel():
            return
        try:
            call(lambda result: _set_result(reply, result))
        except AMQPError as error:
            self._on_closed(None, error)

    def _post(self, call: Callable[[RawChannel], object]) -> None:
        try:
            if self.is_open:
                call(self._raw)
        except AMQPError as error:
            self._on_closed(None, error)

    def _on_closed(self, _raw: object, reason: Exception) -> None:
        with self._lock:
            self.error = self.error or reason
            pending, self._pending = self._pending, set()
            callbacks, self._lost_callbacks = self._lost_callbacks, []
        for callback in callbacks:
            callback()
        for reply in pending:
            if not reply.done():
                reply.set_exception(QueueUnavailable(self._explain_loss()))
        if isinstance(reason, ChannelClosed) and reason.reply_code == _NOT_FOUND:
            # A queue was deleted: the next session declares it again.
            self.session.close()

    def _explain_loss(self) -> str:
        reason = explain(self.error) if self.error else "the connection was lost"
        return self.session.unreachable(reason)


def _set_result(reply: Future[Any], result: object) -> None:
    if not reply.done():
        reply.set_result(result)


@contextmanager
def closed_on_error(channel: Channel) -> Iterator[None]:
    """Close a channel on a QueueError, so that the broker delivers its messages anew."""
    try:
        yield
    except QueueError:
        channel.close()
        raise
