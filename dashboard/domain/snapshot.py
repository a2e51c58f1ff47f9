"""Snapshots: the immutable data from which pages are rendered."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

from dashboard.domain.faults import FaultHistory, FaultReport, report
from dashboard.domain.fleet import FleetReading, Worker
from dashboard.domain.gpus import DeviceReading, Gpu, list_gpus
from dashboard.domain.jobs import JobView
from dashboard.domain.queue_counts import QueueCounts, count_jobs
from dashboard.domain.queue_order import in_order
from wire.messages.model import ModelCapabilities
from wire.queues.base import QueueDepth

Value = TypeVar("Value")


@dataclass(frozen=True)
class Reading(Generic[Value]):
    """The newest value of one source, and its age."""

    value: Value | None = None
    """None if the source was never read, or the newest attempt failed."""
    at: float | None = None
    """Unix seconds of the newest attempt that succeeded."""
    error: str | None = None
    """Why the newest attempt failed, as a sentence."""

    def age(self, now: float) -> float | None:
        """Return the seconds since the newest success; None if there was none."""
        return None if self.at is None else max(0.0, now - self.at)


@dataclass(frozen=True)
class Sample:
    """One point of every lane of the timeline. None is unknown and drawn as a gap."""

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
    """Workers that occupy a machine, ready or not."""
    gpus: int | None = None
    """GPUs of all nodes that are added and removed with the workers; None without such nodes."""
    gpus_per_slot: float | None = None
    """GPUs for each slot of these nodes: 0.25 with four slots a GPU; None without slots."""
    maximum: int | None = None
    """The scaler's maximum of workers."""
    gpu_busy: int | None = None
    """Mean utilization of the workers' GPUs, in percent."""


@dataclass(frozen=True)
class Annotation:
    """A labelled mark on the time axis."""

    at: float
    lane: str
    """``requests``, ``workers``, ``nodes``, ``gpus`` or ``pictures``."""
    text: str
    is_fault: bool = False
    """Whether a presenter injected a fault then."""


@dataclass(frozen=True)
class PictureView:
    """A stored picture."""

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
    """Everything that pages show at one time."""

    at: float
    """Unix seconds."""
    mode: str
    """``laptop``, ``compose`` or ``cluster``, for the page's label."""
    lanes: tuple[str, ...]
    """The timeline's lanes in this mode, top to bottom."""
    queue: Reading[QueueDepth] = field(default_factory=Reading)
    """The broker's counts; pages show ``counts``, which include newer events."""
    store: Reading[int] = field(default_factory=Reading)
    """Number of pictures known to this dashboard."""
    fleet: Reading[FleetReading] | None = None
    """None where this mode cannot read a fleet."""
    reported_workers: tuple[Worker, ...] = ()
    """Workers that sent events, for modes without a fleet."""
    devices: tuple[DeviceReading, ...] = ()
    """The newest telemetry of each worker."""
    samples: tuple[Sample, ...] = ()
    """Oldest first, at most a day; the last is of the snapshot's time."""
    annotations: tuple[Annotation, ...] = ()
    jobs: tuple[JobView, ...] = ()
    """Newest first."""
    faults: FaultHistory = field(default_factory=FaultHistory)
    pictures: tuple[PictureView, ...] = ()
    """Newest first, at most some hundreds."""
    pictures_total: int | None = None
    """Pictures stored since this dashboard started."""
    pictures_stored: int | None = None
    """Pictures in the store that were found so far; None until it has been read."""
    model: ModelCapabilities | None = None
    """What the workers' model accepts; None until a worker has announced it."""

    @cached_property
    def gpus(self) -> tuple[Gpu, ...]:
        """The GPUs that workers have reported in the last minutes."""
        return list_gpus(self.devices, self.at)

    @cached_property
    def waiting(self) -> tuple[JobView, ...]:
        """The jobs that wait for a worker, the next one first."""
        return tuple(in_order(self.jobs, self.at))

    @cached_property
    def counts(self) -> QueueCounts | None:
        """Waiting and generating jobs; None while the queue cannot be read."""
        return count_jobs(self.queue.value, self.queue.at or self.at, self.jobs)

    @cached_property
    def fault_report(self) -> FaultReport | None:
        """What became of the jobs since a fault; None without one."""
        return report(self.faults, self.queue.value, self.queue.at or self.at, self.jobs)
