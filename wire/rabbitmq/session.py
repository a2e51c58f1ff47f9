"""An open connection to RabbitMQ and its I/O thread.

pika's objects belong to the thread that runs their loop. That thread blocks on the network only,
so heartbeats continue while the rest of the process is busy
(https://www.rabbitmq.com/docs/heartbeats).
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future

import pika

from core.errors import QueueUnavailable
from core.network.urls import address
from wire.rabbitmq import headers  # noqa: F401, replaces a decoder of pika
from wire.rabbitmq.failures import explain

TIMEOUT_SECONDS = 5.0
"""Time that a caller waits for the broker before QueueUnavailable is raised."""

_CLOSE_TIMEOUT_SECONDS = 2.0
"""Time by which an unresponsive broker may delay the exit of a process."""


class Session:
    """A connection and the thread that reads and writes it."""

    def __init__(self, parameters: pika.URLParameters) -> None:
        """Start to connect; ``wait_until_open`` waits for the result."""
        self.address = address(parameters.host, parameters.port)
        self.blocked = False
        """Whether the broker blocks publishers, since its memory or disk is short."""
        self.answers = True
        """Whether the newest request was answered in time."""
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
        """Whether the connection is open, as far as is known."""
        return self.connection.is_open and self._thread.is_alive()

    @property
    def delay_reason(self) -> str:
        """The likely reason for a missing reply."""
        if self.blocked:
            return "it accepts no messages, since its memory or disk is short"
        return "it does not answer"

    def wait_until_open(self, timeout: float) -> None:
        """Wait until the connection is open. Raises QueueUnavailable."""
        try:
            error = self._opened.exception(timeout)
        except TimeoutError:
            raise QueueUnavailable(self.unreachable("it does not answer")) from None
        if error:
            raise QueueUnavailable(self.unreachable(explain(error)))

    def run(self, call: Callable[[], None]) -> None:
        """Schedule a call in the connection's thread."""
        self.connection.ioloop.add_callback_threadsafe(call)

    def close(self) -> None:
        """Close the connection; the broker requeues all unacknowledged messages."""
        self.run(self._close)
        if threading.current_thread() is not self._thread:
            self._thread.join(_CLOSE_TIMEOUT_SECONDS)

    def unreachable(self, reason: str) -> str:
        """Return the message of a QueueUnavailable error."""
        return (
            f"RabbitMQ at {self.address} cannot be used: {reason}. "
            "Jobs on its queue are kept; try again in a moment."
        )

    def _close(self) -> None:
        if self.connection.is_open:
            self.connection.close()
        elif not self.connection.is_closing:
            self.connection.ioloop.stop()

    def _on_open_error(self, _connection: object, error: BaseException) -> None:
        self._opened.set_exception(error)
        self.connection.ioloop.stop()

    def _on_blocked(self, *_: object) -> None:
        self.blocked = True

    def _on_unblocked(self, *_: object) -> None:
        self.blocked = False
