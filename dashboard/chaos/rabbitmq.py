"""A fault of RabbitMQ: its connections are closed again and again, over the management API.

A user with the tag ``management`` may close its own connections, one with ``administrator`` all
(https://www.rabbitmq.com/docs/management#permissions).
"""

import threading
import time
from contextlib import suppress

from core.errors import QueueUnavailable
from core.settings import Settings
from dashboard.chaos.base import CUT_SECONDS
from wire.queues.rabbitmq.management import Management

_INTERVAL_SECONDS = 0.5
_NONE = (
    "RabbitMQ shows the user of RABBITMQ_MANAGEMENT_URL no connection that it may close; nothing "
    "was cut. A user with the tag administrator may close all."
)


class RabbitFaults:
    """Faults of the broker at RABBITMQ_URL."""

    def __init__(self, settings: Settings, seconds: float = CUT_SECONDS) -> None:
        self._settings = settings
        self._seconds = seconds
        self._thread: threading.Thread | None = None

    def cut(self) -> str:
        """Close all connections, and go on for some seconds. Raises QueueUnavailable."""
        if self._thread and self._thread.is_alive():
            raise QueueUnavailable("The broker's connections are being closed already.")
        broker = Management(self._settings)
        closed = broker.close_connections()
        if not closed:
            raise QueueUnavailable(_NONE)
        self._thread = threading.Thread(target=self._go_on, args=(broker,), name="cut", daemon=True)
        self._thread.start()
        return f"broker cut for {self._seconds:g} s, {closed} connections"

    def _go_on(self, broker: Management) -> None:
        deadline = time.monotonic() + self._seconds
        while time.monotonic() < deadline:
            time.sleep(_INTERVAL_SECONDS)
            with suppress(QueueUnavailable):
                broker.close_connections()
