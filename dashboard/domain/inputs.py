"""The inputs from which pages are made, so that they can be observed, recorded and replayed.

Jobs, pictures and the timeline are folds over these inputs: the same inputs in the same order
give the same pages.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from dashboard.domain.fleet import FleetReading
from dashboard.domain.snapshot import Reading
from wire.messages.event import Event
from wire.queues.base import QueueDepth


@dataclass(frozen=True)
class Observation:
    """The newest reading of every source at one time."""

    at: float
    """Unix seconds."""
    queue: Reading[QueueDepth] = field(default_factory=Reading)
    store: Reading[int] = field(default_factory=Reading)
    events: Reading[int] = field(default_factory=Reading)
    fleet: Reading[FleetReading] | None = None
    """None where this mode cannot read a fleet."""
    sampled: bool = False
    """Whether a sample of the timeline was made from it."""


@dataclass(frozen=True)
class PictureFound:
    """A picture that was found in the store."""

    name: str
    at: float
    """Unix seconds at which it was stored."""


@dataclass(frozen=True)
class PromptRead:
    """A job's prompt, read from its metadata."""

    job_id: str
    prompt: str


Input = Event | PictureFound | PromptRead | Observation
Observer = Callable[[Input], None]


def noop(_input: Input) -> None:
    """Ignore an input."""


class Observers:
    """The functions that are called with each input, in the thread in which it arrives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._observers: tuple[Observer, ...] = ()

    def attach(self, observer: Observer) -> None:
        """Add an observer."""
        with self._lock:
            self._observers = (*self._observers, observer)

    def detach(self, observer: Observer) -> None:
        """Remove an observer."""
        with self._lock:
            self._observers = tuple(other for other in self._observers if other != observer)

    def notify(self, new_input: Input) -> None:
        """Call the observers in the order in which they were attached."""
        for observer in self._observers:
            observer(new_input)
