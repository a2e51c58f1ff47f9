"""What a fleet of workers looks like, whoever runs it.

``None`` is unknown everywhere; zero is a number that somebody counted.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

Phase = Literal["pending", "starting", "idle", "generating", "stopping", "failed"]

LOCAL = "local supervisor"
"""The kind of scaler that runs workers on the dashboard's own machine."""


@dataclass(frozen=True)
class Worker:
    """One worker process or pod."""

    name: str
    phase: Phase
    reason: str
    """What it waits for or does, in words."""
    since: float
    """Unix seconds at which this phase began."""
    node: str | None = None
    job_id: str | None = None


@dataclass(frozen=True)
class Node:
    """One machine with GPUs."""

    name: str
    product: str | None
    slots: int
    """GPUs that can be given to workers; 0 while its driver is not there yet."""
    slots_used: int | None
    """Of these, those that workers and their neighbours in the namespace hold."""
    ready: bool
    since: float
    """Unix seconds at which it joined."""
    spot: bool | None = None
    pool: str | None = None


@dataclass(frozen=True)
class Condition:
    """What a scaler says of itself, as KEDA's status conditions do."""

    name: str
    holds: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Autoscaler:
    """The HorizontalPodAutoscaler that decides between one worker and the maximum."""

    name: str
    desired: int | None
    current: int | None
    jobs_per_worker: float | None
    """Jobs for each worker, as it counted last."""
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Scaler:
    """What decides how many workers there should be, and by which numbers."""

    kind: str
    """``local supervisor``, ``ScaledObject`` or ``ScaledJob``."""
    trigger: str
    jobs: int | None
    """Jobs that it counted at its last look, waiting and in progress; None if it tells none."""
    jobs_per_worker: float
    minimum: int
    maximum: int
    polling_interval: float
    cooldown_period: float
    """Seconds; 0 where there is none."""
    cooldown_left: float | None = None
    """Seconds until it scales to the minimum; None while jobs are there."""
    paused: bool = False
    conditions: tuple[Condition, ...] = ()
    name: str | None = None
    """The object that holds these numbers; None where there is none."""
    scale_in_paused: bool = False
    """Whether it may only add workers."""
    scale_out_paused: bool = False
    """Whether it may only take workers away."""
    autoscaler: Autoscaler | None = None


@dataclass(frozen=True)
class FleetEvent:
    """One line of the fleet's own log."""

    at: float
    text: str


@dataclass(frozen=True)
class FleetReading:
    """The fleet at one moment."""

    scaler: Scaler | None
    wanted: int | None
    ready: int | None
    """Workers that have their model and take jobs."""
    workers: tuple[Worker, ...]
    nodes: tuple[Node, ...] | None
    """GPU nodes; None where this mode knows none."""
    events: tuple[FleetEvent, ...] = ()
    """Oldest first."""
    warnings: tuple[str, ...] = ()
    """What could not be read, a sentence each; the rest of the reading holds."""


class Fleet(Protocol):
    """Something that can be asked how the fleet is."""

    def read(self) -> FleetReading:
        """Read the fleet now; raises FleetError with a sentence."""
