"""The data model of a fleet, local or on Kubernetes. ``None`` means unknown, never zero."""

from dataclasses import dataclass
from typing import Literal, Protocol

from dashboard.domain.scaling_rules import ScalingRules

Phase = Literal["pending", "starting", "idle", "generating", "stopping", "failed"]

CapacityType = Literal["spot", "preemptible", "on demand", "reserved"]

LOCAL = "local supervisor"
"""The kind of scaler that runs workers on the dashboard's own machine."""


@dataclass(frozen=True)
class Worker:
    """One worker process or pod."""

    name: str
    phase: Phase
    reason: str
    """What the worker does or waits for, for people."""
    since: float
    """Unix seconds at which this phase began."""
    node: str | None = None
    job_id: str | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it takes jobs: its model is loaded, and it is not about to end."""
        return self.phase in ("idle", "generating")


@dataclass(frozen=True)
class Node:
    """One machine with GPUs."""

    name: str
    product: str | None
    slots: int
    """Allocatable GPUs or parts of them (MIG, time-slicing); 0 until the GPU driver runs."""
    slots_used: int | None
    """Slots allocated to pods of the namespace."""
    ready: bool
    """Whether it takes workers: it is healthy, not cordoned, and its GPU driver runs."""
    since: float
    """Unix seconds at which it joined."""
    pool: str | None = None
    capacity_type: CapacityType | None = None
    """How its machine is rented."""
    gpus: int | None = None
    """Its GPUs, as they are billed, however many slots they have; None if unknown."""
    state: str = ""
    """``ready``, or why it takes no workers, such as ``cordoned``; empty if only ``ready`` is
    known."""


@dataclass(frozen=True)
class Condition:
    """A status condition, as KEDA and the autoscaler report them."""

    name: str
    status: bool | None
    message: str = ""


@dataclass(frozen=True)
class Autoscaler:
    """The HorizontalPodAutoscaler that decides between one worker and the maximum."""

    name: str
    desired: int | None
    current: int | None
    jobs_per_worker: float | None
    """Current value of the metric: jobs for each worker."""
    conditions: tuple[Condition, ...] = ()


Measure = Literal[
    "requests", "waiting", "messages", "message_rate", "replicas", "cores", "bytes", ""
]
"""What a trigger measures: requests of this app (waiting and in progress, or only waiting),
messages of another queue, messages a second, the replicas of a schedule, a pod's CPU cores or
bytes; empty for a number without a unit."""

TargetType = Literal["AverageValue", "Value", "Utilization"]
"""How the autoscaler compares a value with its target, as Kubernetes' ``MetricTargetType``."""


@dataclass(frozen=True)
class Trigger:
    """A trigger of a scaler: what it measures, and the workers that it demands."""

    type: str
    """KEDA's name of its scaler, such as ``rabbitmq``, or ``formula``."""
    target: float | None
    """A worker's share (AverageValue), the value itself (Value) or percent (Utilization)."""
    target_type: TargetType = "AverageValue"
    subject: str = ""
    """What it is applied to, such as ``queue tasks``."""
    measure: Measure = ""
    value: float | None = None
    """The newest: a total (AverageValue), of all workers; None if unknown."""
    demand: int | None = None
    """Workers that it demands, before the limits apply; None if unknown."""
    within_tolerance: bool = False
    """Whether the autoscaler leaves the workers as they are, although the target is not met."""
    active: bool | None = None
    """Whether it keeps the scaler active; None if unknown, or if it never decides that."""
    activation: float = 0.0
    """The trigger is active while its value is greater."""
    failed: bool = False
    """Whether KEDA could not read it."""
    is_fallback: bool = False
    """Whether it failed so often that the fallback's replicas are its demand."""
    unknown: str = ""
    """Why its value or demand is unknown, as a clause."""

    @property
    def name(self) -> str:
        """Type and subject, such as ``rabbitmq queue tasks``."""
        return f"{self.type} {self.subject}".strip()


@dataclass(frozen=True)
class Scaler:
    """What decides how many workers run, and its settings."""

    kind: str
    """``local supervisor``, ``ScaledObject`` or ``ScaledJob``."""
    trigger: str
    jobs: int | None
    """Jobs that it counted last, waiting and in progress; None if it reports none."""
    jobs_per_worker: float | None
    """None if no trigger counts jobs."""
    minimum: int
    maximum: int
    polling_interval: float
    cooldown_period: float
    """Seconds; 0 where there is none."""
    cooldown_left: float | None = None
    """Seconds until it scales to zero; None if no cool-down is running."""
    paused: bool = False
    conditions: tuple[Condition, ...] = ()
    name: str | None = None
    """Name of the Kubernetes object; None without one."""
    scale_in_paused: bool = False
    """Whether workers may not be removed."""
    scale_out_paused: bool = False
    """Whether workers may not be added."""
    autoscaler: Autoscaler | None = None
    triggers: tuple[Trigger, ...] = ()
    """All triggers; empty for the local supervisor and in recordings of earlier versions."""
    idle: int | None = None
    """Workers that remain while no trigger is active; None means the minimum."""
    initial_cooldown: float | None = None
    """Seconds of the cool-down that is running, if it is the one after the creation."""
    forced: bool = False
    """Whether an annotation keeps it active."""
    paused_at: int | None = None
    """Workers that a pause prescribes; None if it keeps their number."""
    calculation: str = "max"
    """How a ScaledJob combines several triggers: ``max``, ``min``, ``avg`` or ``sum``."""
    strategy: str = "default"
    """A ScaledJob's scaling strategy; all but the default add Jobs to those that run."""
    scale_up: ScalingRules | None = None
    """None for a ScaledJob, which has none, and in recordings of earlier versions."""
    scale_down: ScalingRules | None = None


@dataclass(frozen=True)
class FleetEvent:
    """One line of the fleet's log."""

    at: float
    text: str


@dataclass(frozen=True)
class FleetReading:
    """The fleet at one time."""

    scaler: Scaler | None
    wanted: int | None
    ready: int | None
    """Workers that have loaded their model and receive jobs."""
    workers: tuple[Worker, ...]
    nodes: tuple[Node, ...] | None
    """GPU nodes; None if unknown or without meaning in this mode."""
    events: tuple[FleetEvent, ...] = ()
    """Oldest first."""
    refusal: str = ""
    """Why the cluster refuses to create the pods of wanted workers; empty if it does not."""
    warnings: tuple[str, ...] = ()
    """What could not be read, a sentence each; the rest of the reading is valid."""


class Fleet(Protocol):
    """A fleet that can be read."""

    def read(self) -> FleetReading:
        """Return the fleet's current state. Raises FleetError with a sentence."""
