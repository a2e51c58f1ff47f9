"""The state of queue, store and fleet. What is unknown is null, never zero."""

from dashboard.domain.fleet import CapacityType, Phase
from dashboard.routes.v1.schemas.base import Resource
from wire.messages.model import ModelCapabilities


class Source(Resource):
    """How old a reading is."""

    age: float | None
    """Seconds since it was read; null if it never was."""
    error: str | None
    """Why the newest attempt to read it failed; null if it did not."""


class QueueState(Source):
    """The queue."""

    waiting: int | None
    """Jobs that no worker has received."""
    deferred: int | None
    """Those of them that wait for something else than a worker, such as a retry."""
    generating: int | None
    """Jobs that a worker has received."""
    paused: bool | None
    """Whether workers receive no new jobs."""


class StoreState(Source):
    """The store."""

    pictures: int | None
    """Pictures that were found in it so far."""
    pictures_since_start: int | None
    """Those of them that were stored since the dashboard started."""


class WorkerState(Resource):
    """A worker process or pod."""

    name: str
    phase: Phase
    reason: str
    """What it does or waits for, for people."""
    since: float
    """Unix seconds at which this phase began."""
    node: str | None
    job_id: str | None


class NodeState(Resource):
    """A machine with GPUs."""

    name: str
    product: str | None
    """The product name of its GPUs."""
    gpus: int | None
    slots: int
    """GPUs, or parts of them, that pods can be given; 0 until its GPU driver runs."""
    slots_used: int | None
    ready: bool
    """Whether it takes workers."""
    since: float
    """Unix seconds at which it joined."""
    pool: str | None
    capacity_type: CapacityType | None
    """How the machine is rented."""


class ScalerState(Resource):
    """What decides how many workers run."""

    kind: str
    """`local supervisor`, `ScaledObject` or `ScaledJob`."""
    name: str | None
    """The name of the Kubernetes object; null without one."""
    trigger: str
    jobs: int | None
    """Jobs that it counted last, waiting and in progress."""
    jobs_per_worker: float | None
    minimum: int
    maximum: int
    polling_interval: float
    """Seconds."""
    cooldown_period: float
    """Seconds."""
    cooldown_left: float | None
    """Seconds until it scales to zero; null if no cool-down is running."""
    paused: bool


class FleetState(Source):
    """The workers and what runs them."""

    wanted: int | None
    """Workers that the scaler requests."""
    ready: int | None
    """Workers that have loaded their model."""
    scaler: ScalerState | None
    workers: tuple[WorkerState, ...] | None
    nodes: tuple[NodeState, ...] | None
    """Null if unknown, and where workers have no nodes of their own."""
    refusal: str | None
    """Why the cluster creates no pods for wanted workers; null if it does."""
    warnings: tuple[str, ...]
    """What could not be read."""


class State(Resource):
    """What all pages show."""

    at: float
    """Unix seconds at which it was read."""
    mode: str
    """`laptop`, `compose` or `cluster`."""
    queue: QueueState
    store: StoreState
    fleet: FleetState
    model: ModelCapabilities | None
    """What the workers' model accepts; null until a worker has announced it."""
