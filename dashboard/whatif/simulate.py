"""Run requests through the scaling rule and a model of a fleet, event by event."""

from array import array
from dataclasses import dataclass, replace
from math import floor, inf

from dashboard.fleet.scaled_job_rule import jobs_to_create
from dashboard.fleet.scaling_rule import ScalerState, activate, autoscale, decide
from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.fleet import SimulatedFleet
from dashboard.whatif.setup import FleetModel, ScalerSetup

_MAX_TAIL_SECONDS = 4 * 3600.0
"""How long after the last arrival a run goes on while requests are unfinished."""


@dataclass(frozen=True)
class Run:
    """What happened in one simulated run, in seconds since its start."""

    arrivals: Arrivals
    model: FleetModel
    started: "array[float]"
    """When each request started, in the order of arrival; fewer if some never did."""
    ended: "array[float]"
    wanted: tuple[tuple[float, int], ...]
    """Changes of the wanted workers, as (time, number)."""
    ready_changes: tuple[tuple[float, int], ...]
    placed_changes: tuple[tuple[float, int], ...]
    node_lives: tuple[tuple[float, float], ...]
    """When each node joined and was removed."""
    end: float
    """When the span of arrivals and the last request had ended."""


def simulate(arrivals: Arrivals, scaler: ScalerSetup, model: FleetModel) -> Run:
    """Simulate until every request is done, or for hours after the last arrival."""
    fleet = SimulatedFleet(model, arrivals, scaler.creates_jobs, scaler.is_local)
    policy = scaler.policy
    initial = policy.minimum if arrivals.initial_workers is None else arrivals.initial_workers
    workers = min(max(initial, policy.minimum), policy.maximum)
    fleet.add_ready(workers, 0.0)
    wanted = _scale(fleet, scaler, ScalerState(workers=workers, last_active=0.0))
    end = max(arrivals.span, max(fleet.ended, default=0.0))
    return Run(
        arrivals=arrivals,
        model=model,
        started=fleet.started,
        ended=fleet.ended,
        wanted=tuple(wanted),
        ready_changes=tuple(sorted(fleet.ready_changes)),
        placed_changes=tuple(sorted(fleet.placed_changes)),
        node_lives=tuple(sorted(fleet.pool.all_lives(end))) if fleet.pool else (),
        end=end,
    )


def _scale(
    fleet: SimulatedFleet, scaler: ScalerSetup, state: ScalerState
) -> list[tuple[float, int]]:
    """Apply the rule at each poll and sync; return the changes of the wanted workers."""
    wanted = [(0.0, state.workers)]
    next_poll = scaler.first_poll if scaler.is_polled else inf
    next_sync = scaler.first_sync if scaler.has_autoscaler else inf
    span = fleet.arrivals.span
    now = min(next_poll, next_sync)
    while now < span + _MAX_TAIL_SECONDS:
        fleet.advance(now)
        waiting, in_progress = fleet.count(now)
        if now >= span and not waiting + in_progress:
            break
        jobs = scaler.count(waiting, in_progress)
        if now == next_poll:
            state = _poll(fleet, scaler, state, jobs, now)
            next_poll += scaler.polling
        if now == next_sync:
            state = autoscale(scaler.policy, state, jobs, now)
            next_sync += scaler.sync
        fleet.scale(state.workers, now)
        if state.workers != wanted[-1][1]:
            wanted.append((now, state.workers))
        now = min(next_poll, next_sync)
    return wanted


def _poll(
    fleet: SimulatedFleet, scaler: ScalerSetup, state: ScalerState, jobs: int, now: float
) -> ScalerState:
    if scaler.is_local:
        return decide(scaler.policy, state, jobs, now)
    if scaler.creates_jobs:
        running = fleet.occupied(now)
        return ScalerState(workers=running + jobs_to_create(scaler.policy, running, jobs))
    state = activate(scaler.policy, state, jobs, now)
    # KEDA keeps this time in the ScaledObject's status, in whole seconds.
    return replace(state, last_active=floor(now)) if state.last_active == now else state
