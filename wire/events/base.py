"""The interface of events, implemented for SQLite and RabbitMQ."""

import logging
from typing import Protocol

from core.errors import MessageError, UnknownEventKind
from wire.messages.event import Event, decode_event

log = logging.getLogger(__name__)


class Events(Protocol):
    """Publish and receive events, at most once. Publishing never raises and never blocks a job."""

    def publish(self, event: Event) -> None:
        """Publish to all subscribers. An event that cannot be sent is logged and dropped."""

    def receive(self, timeout: float) -> list[Event]:
        """Return the events since the last call; wait up to ``timeout`` seconds for the first.

        The first call subscribes. Raises QueueUnavailable.
        """

    def close(self) -> None:
        """Unsubscribe and release the connection."""


def decode_or_skip(body: bytes) -> Event | None:
    """Decode an event; log an invalid one and return None.

    Newer workers may publish kinds of events that this version does not know, thousands an hour.
    """
    try:
        return decode_event(body)
    except UnknownEventKind as error:
        log.debug("An event was skipped. %s", error)
        return None
    except MessageError as error:
        log.warning("An event was skipped. %s", error)
        return None
