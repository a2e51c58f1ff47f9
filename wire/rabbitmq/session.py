"""One open connection to RabbitMQ and the thread that serves it.

pika's objects belong to the thread that runs their loop. That thread never waits for
anything but the network, so heartbeats go on whatever the rest of the process does
(https://www.rabbitmq.com/docs/heartbeats).
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future

import pika

from core.errors import QueueUnavailable
from wire.rabbitmq.failures import cause

PATIENCE = 5.0
"""Seconds that a caller waits for the broker before it hears QueueUnavailable."""

_CLOSING_SECONDS = 2.0
"""How long a silent broker may delay the end of a process."""


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
            self._thread.join(_CLOSING_SECONDS)

    def unreachable(self, reason: str) -> str:
        """Say that the broker cannot be used."""
        return (
            f"RabbitMQ at {self.address} cannot be used: {reason}. "
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
