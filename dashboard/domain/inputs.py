"""Everything that enters what the pages show, so that it can be observed, recorded and replayed.

Jobs, pictures and the timeline are folds over these inputs: the same ones in the same order
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
    """What the sampler saw when it looked at all sources at once."""

    at: float
    """Unix seconds."""
    queue: Reading[QueueDepth] = field(default_factory=Reading)
    store: Reading[int] = field(default_factory=Reading)
    events: Reading[int] = field(default_factory=Reading)
    fleet: Reading[FleetReading] | None = None
    """None where this mode has no fleet to ask."""
    sampled: bool = False
    """Whether this look became a point of the timeline."""


@dataclass(frozen=True)
class PictureFound:
    """A picture that was not known before."""

    name: str
    at: float
    """Unix seconds at which it was stored."""


@dataclass(frozen=True)
class PromptRead:
    """What a job's pictures show."""

    job_id: str
    prompt: str


Input = Event | PictureFound | PromptRead | Observation
Observer = Callable[[Input], None]


def nobody(_input: Input) -> None:
    """Observe nothing."""


class Observers:
    """Who is told of each input; quick ones only, since they are called where it enters."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._observers: tuple[Observer, ...] = ()

    def attach(self, observer: Observer) -> None:
        """Tell this one, too, from now on."""
        with self._lock:
            self._observers = (*self._observers, observer)

    def detach(self, observer: Observer) -> None:
        """Tell this one no more."""
        with self._lock:
            self._observers = tuple(each for each in self._observers if each != observer)

    def notify(self, one: Input) -> None:
        """Tell all of them, in the order in which they came."""
        for observer in self._observers:
            observer(one)
