"""The stream of events from workers to whoever listens."""

import logging
from typing import Protocol

from core.errors import MessageError
from wire.messages.event import Event, decode_event

log = logging.getLogger(__name__)


class Events(Protocol):
    """Best effort in both directions: sending never raises, and never delays a job."""

    def publish(self, event: Event) -> None:
        """Tell every listener. An event that cannot be sent is logged and dropped."""

    def receive(self, timeout: float) -> list[Event]:
        """Return what happened since the last call; waits ``timeout`` seconds at most.

        Raises QueueUnavailable while nothing can be heard.
        """

    def close(self) -> None:
        """Stop listening."""


def readable(body: bytes) -> Event | None:
    """Read an event that arrived; None, and a line in the log, for anything else."""
    try:
        return decode_event(body)
    except MessageError as error:
        log.warning("An event was skipped. %s", error)
        return None
