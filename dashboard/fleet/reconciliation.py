"""What the local supervisor sees and should do, as values and pure functions."""

import platform
from collections.abc import Iterable
from dataclasses import dataclass

from core.settings import Settings
from dashboard.domain.fleet import LOCAL, FleetEvent, Phase, Scaler
from dashboard.domain.workers import WorkerView
from dashboard.fleet.scaling_rule import (
    Behaviour,
    RatePolicy,
    ScalerState,
    ScalingPolicy,
    cooldown_left,
)
from dashboard.fleet.worker_processes import WorkerProcess
from wire.queues.base import QueueDepth

_DOWN_WINDOW = 15.0
"""Seconds; the HPA's own 300 are for machines that take minutes to start."""

_STOPPED_FIRST = {"failed": 0, "idle": 1, "starting": 2, "generating": 3}


@dataclass(frozen=True)
class Report:
    """How the supervisor sees things after a look."""

    at: float
    """Unix seconds."""
    in_charge: bool
    """Whether this process holds the lock."""
    error: str | None = None
    """Why it is not in charge, as a sentence."""
    wanted: int = 0
    scaler: Scaler | None = None
    workers: tuple[WorkerProcess, ...] = ()
    events: tuple[FleetEvent, ...] = ()


def policy_of(settings: Settings) -> ScalingPolicy:
    """Return KEDA's rule with the settings' numbers and a window that suits one machine."""
    return ScalingPolicy(
        minimum=settings.min_workers,
        maximum=settings.max_workers,
        jobs_per_worker=settings.jobs_per_worker,
        cooldown=settings.cooldown_period,
        down=Behaviour(min(_DOWN_WINDOW, settings.cooldown_period), RatePolicy()),
    )


def describe(settings: Settings, state: ScalerState, jobs: int | None, now: float) -> Scaler:
    """Tell by which numbers the supervisor decides."""
    return Scaler(
        kind=LOCAL,
        trigger="jobs waiting and in progress",
        jobs=jobs,
        jobs_per_worker=settings.jobs_per_worker,
        minimum=settings.min_workers,
        maximum=settings.max_workers,
        polling_interval=settings.polling_interval,
        cooldown_period=settings.cooldown_period,
        cooldown_left=cooldown_left(policy_of(settings), state, now),
    )


def jobs_of(depth: QueueDepth, busy: int) -> int:
    """Count jobs that wait and jobs in progress; busy workers tell where the queue cannot."""
    return depth.ready + (busy if depth.unacknowledged is None else depth.unacknowledged)


def latest_from(worker: WorkerProcess, heard: dict[str, WorkerView]) -> WorkerView | None:
    """Return what a worker's process said; not what an earlier one of its name had said."""
    view = heard.get(worker.name)
    return view if view and view.last_event_at >= worker.started_at else None


def to_stop(
    workers: Iterable[WorkerProcess], wanted: int, phases: dict[str, Phase]
) -> list[WorkerProcess]:
    """Choose which workers stop: those that would lose the least, and of these the newest."""
    staying = [worker for worker in workers if worker.state != "stopping"]

    def loss(worker: WorkerProcess) -> tuple[int, float]:
        phase = "failed" if worker.state == "failed" else phases.get(worker.name, "starting")
        return _STOPPED_FIRST.get(phase, 2), -worker.since

    return sorted(staying, key=loss)[: max(0, len(staying) - wanted)]


def name_suffix(settings: Settings) -> str:
    """Return what this machine adds to its workers' names, where others share the queue."""
    return f"@{platform.node()}" if settings.rabbitmq_url else ""


def to_start(workers: Iterable[WorkerProcess], wanted: int, place: str) -> list[str]:
    """Name the workers that are to be started, with the lowest free numbers."""
    states = {worker.name: worker.state for worker in workers}
    staying = sum(state != "stopping" for state in states.values())
    free = (f"worker-{number}{place}" for number in range(1, wanted + len(states) + 1))
    return [name for name in free if name not in states][: max(0, wanted - staying)]
