"""What the page draws from: immutable snapshots that one sampler per process makes."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dashboard.domain.fleet import FleetReading, Worker
from dashboard.domain.jobs import JobView
from wire.queues.base import QueueDepth

Value = TypeVar("Value")


@dataclass(frozen=True)
class Reading(Generic[Value]):
    """The newest look at one source, and how old it is."""

    value: Value | None = None
    """None: never read, or the last look failed."""
    at: float | None = None
    """Unix seconds of the last look that succeeded."""
    error: str | None = None
    """Why the last look failed, as a sentence."""

    def age(self, now: float) -> float | None:
        """Seconds since the last good look; None if there was none."""
        return None if self.at is None else max(0.0, now - self.at)


@dataclass(frozen=True)
class Sample:
    """One point of every lane of the timeline. None is a gap, not a zero."""

    at: float
    """Unix seconds."""
    waiting: int | None = None
    generating: int | None = None
    wanted: int | None = None
    ready: int | None = None
    nodes: int | None = None
    pictures: int | None = None
    """Pictures stored since the sample before."""
    workers: int | None = None
    """Workers that exist and take a machine's time, ready or not."""
    gpus: int | None = None
    """GPUs of all nodes that come and go with the workers; None where none do."""
    maximum: int | None = None
    """Workers that the scaler allows."""


@dataclass(frozen=True)
class Annotation:
    """Something worth a mark on the time axis."""

    at: float
    lane: str
    """``requests``, ``workers``, ``nodes`` or ``pictures``."""
    text: str


@dataclass(frozen=True)
class PictureView:
    """A stored picture, with what is known of it."""

    name: str
    job_id: str
    number: int
    at: float
    """Unix seconds at which it was stored."""
    prompt: str | None
    """None until the job's metadata is read."""
    starred: bool = False


@dataclass(frozen=True)
class Snapshot:
    """Everything that a page shows, at one moment."""

    at: float
    """Unix seconds."""
    mode: str
    """``laptop``, ``compose`` or ``cluster``, for the page's label."""
    lanes: tuple[str, ...]
    """The lanes that this mode knows, top to bottom."""
    queue: Reading[QueueDepth] = field(default_factory=Reading)
    store: Reading[int] = field(default_factory=Reading)
    """Pictures known to this dashboard."""
    fleet: Reading[FleetReading] | None = None
    """None where this mode has no fleet to ask."""
    reported_workers: tuple[Worker, ...] = ()
    """Workers of whom events told, for where no fleet can be asked."""
    samples: tuple[Sample, ...] = ()
    """Oldest first, at most a day; the last one is this moment's."""
    annotations: tuple[Annotation, ...] = ()
    jobs: tuple[JobView, ...] = ()
    """Newest first."""
    pictures: tuple[PictureView, ...] = ()
    """Newest first, at most some hundreds."""
    pictures_total: int | None = None
    """Pictures stored since this dashboard started."""
