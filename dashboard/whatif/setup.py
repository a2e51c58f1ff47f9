"""What a simulated run is given beside its requests: a scaler, and a model of the fleet."""

from dataclasses import dataclass

from dashboard.domain.fleet import LOCAL
from dashboard.fleet.scaling_rule import ScalingPolicy
from dashboard.whatif.nodes import NodeModel

HPA_SYNC_SECONDS = 15.0
"""The controller manager's default of ``--horizontal-pod-autoscaler-sync-period``."""
SCALED_JOB = "ScaledJob"


@dataclass(frozen=True)
class ScalerSetup:
    """A scaler with its settings. Durations are seconds."""

    kind: str
    """``local supervisor``, ``ScaledObject`` or ``ScaledJob``, as in ``domain.fleet.Scaler``."""
    policy: ScalingPolicy
    polling: float
    """Between two polls of the queue."""
    sync: float = HPA_SYNC_SECONDS
    """Between two syncs of the HPA."""
    first_poll: float = 0.5
    """Polls and syncs happen at no particular fraction of a second."""
    first_sync: float = 0.5
    max_waiting: int | None = None
    """Waiting requests that are counted at most: RabbitMQ's job queue is short (MAX_READY_JOBS),
    and KEDA counts no backlog. None means all."""

    def count(self, waiting: int, in_progress: int) -> int:
        """Return the requests that the scaler counts."""
        counted = waiting if self.max_waiting is None else min(waiting, self.max_waiting)
        return counted + in_progress

    @property
    def is_local(self) -> bool:
        """Whether the local supervisor scales, which applies both rules at each poll."""
        return self.kind == LOCAL

    @property
    def has_autoscaler(self) -> bool:
        """Whether an HPA scales between one worker and the maximum."""
        return not self.is_local and not self.creates_jobs

    @property
    def is_polled(self) -> bool:
        """Whether polls change anything: KEDA leaves all but zero to the HPA."""
        return not self.has_autoscaler or self.policy.minimum == 0

    @property
    def creates_jobs(self) -> bool:
        """Whether each worker ends after one request."""
        return self.kind == SCALED_JOB


@dataclass(frozen=True)
class WorkerModel:
    """How long one worker takes. Durations are seconds."""

    load: float
    """From a slot with its image until it receives requests: its process and model are loaded."""
    picture: float
    """To generate and store one picture."""
    batch: int = 1
    """Requests that a worker generates together at most; they end together."""


@dataclass(frozen=True)
class FleetModel:
    """The workers, and the machines on which they run."""

    workers: WorkerModel
    nodes: NodeModel | None
    """None where machines do not come and go with the workers."""
