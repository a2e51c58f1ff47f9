"""The interfaces of the technologies that a fault can be injected into.

All methods raise ApplicationError with a sentence if nothing was done.
"""

from typing import Protocol

CUT_SECONDS = 10.0
"""How long the queue is unavailable."""


class FleetFaults(Protocol):
    """Faults of workers and their scaler."""

    def kill(self, worker: str) -> None:
        """End a worker at once, whatever it does."""

    def set_paused(self, paused: bool) -> None:
        """Pause the scaler, which keeps the number of workers, or resume it."""


class QueueFaults(Protocol):
    """Faults of the queue."""

    def cut(self) -> str:
        """Begin to make the queue unavailable for CUT_SECONDS; return what is cut, as a clause."""
