"""The local supervisor's decisions, as values and pure functions."""

import platform
from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.settings import Settings
from dashboard.domain.fleet import LOCAL, FleetEvent, Phase, Scaler
from dashboard.domain.scaling_rules import DEFAULT_SCALE_DOWN
from dashboard.domain.workers import WorkerView
from dashboard.fleet.scaling_rule import (
    ScalerState,
    ScalingPolicy,
    cooldown_left,
)
from dashboard.fleet.worker_processes import WorkerProcess
from wire.queues.base import QueueDepth

_MAX_SCALE_DOWN_WINDOW_SECONDS = 15.0
"""The HPA's default of 300 s suits machines that take minutes to start."""

_MAX_WORKERS_WITHOUT_GPU = 2

_STOP_ORDER = {"failed": 0, "idle": 1, "starting": 2, "generating": 3}


@dataclass(frozen=True)
class SupervisorStatus:
    """The supervisor's state after its newest poll."""

    at: float
    """Unix seconds."""
    has_lock: bool
    """Whether this process holds the lock, and so drives the workers."""
    error: str = ""
    """Why it does not hold the lock, as a sentence."""
    wanted: int = 0
    scaler: Scaler | None = None
    workers: tuple[WorkerProcess, ...] = ()
    events: tuple[FleetEvent, ...] = ()


def make_policy(settings: Settings, gpus: int) -> ScalingPolicy:
    """Return KEDA's rule with the settings' numbers and a window that suits one machine."""
    default = max(settings.min_workers, gpus or _MAX_WORKERS_WITHOUT_GPU)
    return ScalingPolicy(
        minimum=settings.min_workers,
        maximum=settings.max_workers or default,
        jobs_per_worker=settings.jobs_per_worker,
        cooldown=settings.cooldown_period,
        down=replace(DEFAULT_SCALE_DOWN, window=scale_down_window(settings.cooldown_period)),
    )


def scale_down_window(cooldown: float) -> float:
    """Return the local supervisor's stabilization window, which follows from its cool-down."""
    return min(_MAX_SCALE_DOWN_WINDOW_SECONDS, cooldown)


def describe_scaler(
    settings: Settings, policy: ScalingPolicy, state: ScalerState, jobs: int | None, now: float
) -> Scaler:
    """Return the supervisor's settings and state as the scaler of a fleet."""
    return Scaler(
        kind=LOCAL,
        trigger="jobs waiting and in progress",
        jobs=jobs,
        jobs_per_worker=policy.jobs_per_worker,
        minimum=policy.minimum,
        maximum=policy.maximum,
        polling_interval=settings.polling_interval,
        cooldown_period=policy.cooldown,
        cooldown_left=cooldown_left(policy, state, now),
        scale_up=policy.up,
        scale_down=policy.down,
    )


def total_jobs(depth: QueueDepth, busy_workers: int) -> int:
    """Return the number of jobs, waiting and in progress.

    A broker without management API does not count the jobs in progress; then each busy worker
    counts as one.
    """
    in_progress = busy_workers if depth.unacknowledged is None else depth.unacknowledged
    return depth.ready + in_progress


def latest_from(worker: WorkerProcess, views: dict[str, WorkerView]) -> WorkerView | None:
    """Return the events' view of a worker, unless it is of an earlier process of that name."""
    view = views.get(worker.name)
    if view is None or worker.child is None:
        return None
    return view if view.last_event_at >= worker.child.started_at else None


def to_stop(
    workers: Iterable[WorkerProcess], wanted: int, phases: dict[str, Phase]
) -> list[WorkerProcess]:
    """Return the workers to stop: those that lose the least work first, of these the newest."""
    remaining = [worker for worker in workers if worker.state != "stopping"]

    def stop_order(worker: WorkerProcess) -> tuple[int, float]:
        phase = "failed" if worker.state == "failed" else phases.get(worker.name, "starting")
        return _STOP_ORDER.get(phase, 2), -worker.since

    return sorted(remaining, key=stop_order)[: max(0, len(remaining) - wanted)]


def to_start(
    workers: Iterable[WorkerProcess], wanted: int, suffix: str, places: int | None = None
) -> list[str]:
    """Return the names of the workers to start, with the lowest free numbers.

    Args:
        workers: all that exist, also those that are stopping.
        wanted: how many should run.
        suffix: the end of each name.
        places: how many may exist; None means any number.

    """
    states = {worker.name: worker.state for worker in workers}
    remaining = sum(state != "stopping" for state in states.values())
    names = (f"worker-{number}{suffix}" for number in range(1, wanted + len(states) + 1))
    count = wanted - remaining if places is None else min(wanted - remaining, places - len(states))
    return [name for name in names if name not in states][: max(0, count)]


def name_suffix(settings: Settings) -> str:
    """Return a suffix that makes names of workers unique where machines share a queue."""
    return f"@{platform.node()}" if settings.rabbitmq_url else ""
