"""The stream of events from workers to whoever listens."""

from typing import Protocol

from wire.event import Event


class Events(Protocol):
    """Best effort in both directions: sending never raises, and never delays a job."""

    def send(self, event: Event) -> None:
        """Tell every listener. An event that cannot be sent is logged and dropped."""

    def receive(self, timeout: float) -> list[Event]:
        """Return what happened since the last call; waits ``timeout`` seconds at most.

        Raises QueueUnavailable while nothing can be heard.
        """

    def close(self) -> None:
        """Stop listening."""
