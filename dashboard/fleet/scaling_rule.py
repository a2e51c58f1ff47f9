"""KEDA's and the Horizontal Pod Autoscaler's arithmetic, as pure functions.

Two decide in turn. KEDA decides between none and some: it activates when jobs exceed the
activation value, and goes back to none once the last active look lies a cool-down back. In
between, the HPA decides how many, from jobs per worker, tolerance, windows and rates.

Sources:
    https://keda.sh/docs/latest/concepts/scaling-deployments/ (activation, cool-down), and
    RequestScale in KEDA's pkg/scaling/executor/scale_scaledobjects.go.
    https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ (algorithm
    details, configurable scaling behavior), and stabilizeRecommendationWithBehaviors and
    convertDesiredReplicasWithBehaviorRate in Kubernetes' pkg/controller/podautoscaler/.
"""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class RatePolicy:
    """How much may change within a period; the larger of the two changes is allowed."""

    workers: int = 0
    percent: int = 100
    period: float = 15.0
    """Seconds."""


@dataclass(frozen=True)
class Behaviour:
    """The HPA's ``behavior`` for one direction."""

    window: float
    """Seconds of recommendations among which the most careful one counts."""
    rate: RatePolicy


@dataclass(frozen=True)
class ScalingPolicy:
    """A ScaledObject's and its HPA's settings, with their defaults."""

    minimum: int = 0
    maximum: int = 100
    jobs_per_worker: int = 1
    activation: int = 0
    """More jobs than this start the first worker."""
    cooldown: float = 300.0
    """Seconds since the last active look after which the last worker stops."""
    tolerance: float = 0.1
    up: Behaviour = Behaviour(window=0.0, rate=RatePolicy(workers=4))
    down: Behaviour = Behaviour(window=300.0, rate=RatePolicy())


@dataclass(frozen=True)
class Dated:
    """A number and when it was true, in Unix seconds."""

    at: float
    workers: int


@dataclass(frozen=True)
class ScalerState:
    """What the two remember from look to look."""

    workers: int = 0
    """Workers wanted now."""
    last_active: float | None = None
    recommendations: tuple[Dated, ...] = ()
    changes: tuple[Dated, ...] = ()
    """The HPA's own steps: workers added, or removed where negative."""


def decide(policy: ScalingPolicy, state: ScalerState, jobs: int | None, now: float) -> ScalerState:
    """Look once: return the state whose ``workers`` are wanted from now on.

    Args:
        policy: the settings.
        state: what the look before returned.
        jobs: waiting and in progress; None if they could not be counted, and then neither
            KEDA nor the HPA changes anything.
        now: Unix seconds.

    """
    if jobs is None:
        return state
    active = jobs > policy.activation
    if active:
        state = replace(state, last_active=now)
    if state.workers == 0:
        return replace(state, workers=_from_none(policy, active))
    if not active and _cooled_down(policy, state, now):
        return replace(state, workers=0)
    return _within_some(policy, state, jobs, now)


def cooldown_left(policy: ScalingPolicy, state: ScalerState, now: float) -> float | None:
    """Return the seconds until the last worker stops; None where that is not ahead."""
    idle = state.last_active is not None and state.last_active < now
    if policy.minimum > 0 or state.workers == 0 or not idle:
        return None
    return max(0.0, state.last_active + policy.cooldown - now)


def _from_none(policy: ScalingPolicy, active: bool) -> int:
    return max(policy.minimum, 1) if active else policy.minimum


def _cooled_down(policy: ScalingPolicy, state: ScalerState, now: float) -> bool:
    if policy.minimum > 0:
        return False
    return state.last_active is None or now - state.last_active > policy.cooldown


def _within_some(policy: ScalingPolicy, state: ScalerState, jobs: int, now: float) -> ScalerState:
    """One round of the HPA, which never goes below one worker."""
    wanted = recommendation(policy, state.workers, jobs)
    stable, remembered = _stabilised(policy, state, wanted, now)
    workers = _limited(policy, state, stable, now)
    changed = Dated(now, workers - state.workers)
    changes = tuple(change for change in state.changes if change.at > now - _longest_period(policy))
    return replace(
        state,
        workers=workers,
        recommendations=remembered,
        changes=(*changes, changed) if changed.workers else changes,
    )


def recommendation(policy: ScalingPolicy, workers: int, jobs: int) -> int:
    """Return how many workers the jobs call for, between one (or the minimum) and the maximum.

    The metric is external with an AverageValue target, so it is ceil(jobs / target), and
    nothing changes while the jobs of each worker are within the tolerance of the target.
    """
    ratio = jobs / (policy.jobs_per_worker * workers)
    near = abs(ratio - 1.0) <= policy.tolerance
    wanted = workers if near else math.ceil(jobs / policy.jobs_per_worker)
    return min(max(wanted, policy.minimum, 1), policy.maximum)


def _stabilised(
    policy: ScalingPolicy, state: ScalerState, wanted: int, now: float
) -> tuple[int, tuple[Dated, ...]]:
    """Return the most careful of the recent recommendations, and the recommendations."""
    # The HPA begins with the count that it finds as if it had been recommended.
    known = state.recommendations or (Dated(now, state.workers),)
    upwards = wanted >= state.workers
    window, careful = (policy.up.window, min) if upwards else (policy.down.window, max)
    stable = careful([wanted, *(r.workers for r in known if r.at > now - window)])
    kept = (r for r in known if r.at > now - max(policy.up.window, policy.down.window))
    return stable, (*kept, Dated(now, wanted))


def _limited(policy: ScalingPolicy, state: ScalerState, wanted: int, now: float) -> int:
    if wanted > state.workers:
        return max(state.workers, min(wanted, _ceiling(policy.up.rate, state, now)))
    return min(state.workers, max(wanted, _floor(policy.down.rate, state, now)))


def _ceiling(rate: RatePolicy, state: ScalerState, now: float) -> int:
    start = _at_start_of_period(rate, state, now)
    return max(start + rate.workers, math.ceil(start * (1 + rate.percent / 100)))


def _floor(rate: RatePolicy, state: ScalerState, now: float) -> int:
    start = _at_start_of_period(rate, state, now)
    return min(start - rate.workers, int(start * (1 - rate.percent / 100)))


def _at_start_of_period(rate: RatePolicy, state: ScalerState, now: float) -> int:
    """Return how many workers there were; steps in both directions count, as in the HPA."""
    recent = (change.workers for change in state.changes if change.at > now - rate.period)
    return state.workers - sum(recent)


def _longest_period(policy: ScalingPolicy) -> float:
    return max(policy.up.rate.period, policy.down.rate.period)
