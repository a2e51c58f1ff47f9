"""The scaling rules of KEDA and the Horizontal Pod Autoscaler (HPA), as pure functions.

KEDA scales between zero and one: it activates when the jobs exceed the activation value, and
scales to zero once a cooldown period has passed since the last active poll. The HPA scales
between one and the maximum, by jobs per worker, tolerance, stabilization windows and rates.

Sources:
    https://keda.sh/docs/latest/concepts/scaling-deployments/ (activation, cool-down), and
    RequestScale in KEDA's pkg/scaling/executor/scale_scaledobjects.go.
    https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ (algorithm
    details, configurable scaling behavior), and stabilizeRecommendationWithBehaviors and
    convertDesiredReplicasWithBehaviorRate in Kubernetes' pkg/controller/podautoscaler/.
"""

import math
from dataclasses import dataclass, replace

from dashboard.domain.scaling_rules import (
    DEFAULT_SCALE_DOWN,
    DEFAULT_SCALE_UP,
    RateLimit,
    ScalingRules,
)


@dataclass(frozen=True)
class ScalingPolicy:
    """The settings of a ScaledObject and its HPA, with their defaults."""

    minimum: int = 0
    maximum: int = 100
    jobs_per_worker: float = 1
    activation: int = 0
    """More jobs than this start the first worker."""
    cooldown: float = 300.0
    """Seconds after the last active poll until the last worker stops."""
    up: ScalingRules = DEFAULT_SCALE_UP
    down: ScalingRules = DEFAULT_SCALE_DOWN


@dataclass(frozen=True)
class WorkerCount:
    """A number of workers at a time, in Unix seconds."""

    at: float
    workers: int


@dataclass(frozen=True)
class ScalerState:
    """What KEDA and the HPA keep between two polls."""

    workers: int = 0
    """Workers wanted now."""
    last_active: float | None = None
    recommendations: tuple[WorkerCount, ...] = ()
    changes: tuple[WorkerCount, ...] = ()
    """The HPA's changes: workers added, or removed if negative."""


def decide(policy: ScalingPolicy, state: ScalerState, jobs: int | None, now: float) -> ScalerState:
    """Return the state after one poll; its ``workers`` are wanted from now on.

    The local supervisor applies both rules at each poll; a cluster applies each at its own
    interval, see ``activate`` and ``autoscale``.

    Args:
        policy: the settings.
        state: what the previous poll returned.
        jobs: waiting and in progress; None if they could not be counted, and then nothing
            changes.
        now: Unix seconds.

    """
    if jobs is None:
        return state
    activated = activate(policy, state, jobs, now)
    return (
        autoscale(policy, activated, jobs, now) if activated.workers == state.workers else activated
    )


def activate(policy: ScalingPolicy, state: ScalerState, jobs: int, now: float) -> ScalerState:
    """Return the state after a poll of KEDA: from zero to the first worker, or back to zero."""
    active = jobs > policy.activation
    if active:
        state = replace(state, last_active=now)
    if state.workers == 0:
        return replace(state, workers=_from_zero(policy, active))
    if not active and _is_cooled_down(policy, state, now):
        return replace(state, workers=0)
    return state


def autoscale(policy: ScalingPolicy, state: ScalerState, jobs: int, now: float) -> ScalerState:
    """Return the state after a sync of the HPA, which neither leaves zero nor scales to it."""
    if state.workers == 0:
        return state
    wanted = recommendation(policy, state.workers, jobs)
    stable, recommendations = _stabilize(policy, state, wanted, now)
    workers = _limit_rate(policy, state, stable, now)
    change = WorkerCount(now, workers - state.workers)
    changes = tuple(old for old in state.changes if old.at > now - _longest_period(policy))
    return replace(
        state,
        workers=workers,
        recommendations=recommendations,
        changes=(*changes, change) if change.workers else changes,
    )


def cooldown_left(policy: ScalingPolicy, state: ScalerState, now: float) -> float | None:
    """Return the seconds until the last worker stops; None if no cooldown is running."""
    if policy.minimum > 0 or state.workers == 0:
        return None
    if state.last_active is None or state.last_active >= now:
        return None
    return max(0.0, state.last_active + policy.cooldown - now)


def _from_zero(policy: ScalingPolicy, active: bool) -> int:
    return max(policy.minimum, 1) if active else policy.minimum


def _is_cooled_down(policy: ScalingPolicy, state: ScalerState, now: float) -> bool:
    is_over = state.last_active is None or now - state.last_active > policy.cooldown
    return is_over and policy.minimum == 0


def recommendation(policy: ScalingPolicy, workers: int, jobs: int) -> int:
    """Return the number of workers for the jobs, between one (or the minimum) and the maximum.

    The metric is external with an AverageValue target, so it is ceil(jobs / target), and
    the number stays the same while the jobs per worker are within the tolerance of the target.
    """
    ratio = jobs / (policy.jobs_per_worker * workers)
    is_tolerated = 1.0 - policy.down.tolerance <= ratio <= 1.0 + policy.up.tolerance
    wanted = workers if is_tolerated else math.ceil(jobs / policy.jobs_per_worker)
    return min(max(wanted, policy.minimum, 1), policy.maximum)


def _stabilize(
    policy: ScalingPolicy, state: ScalerState, wanted: int, now: float
) -> tuple[int, tuple[WorkerCount, ...]]:
    """Return the number nearest to the current one that both windows allow, and what they keep.

    More than the lowest recommendation of the window before more, fewer than the highest one of
    the window before fewer: a recommendation of the past only holds the number back.
    """
    # The HPA starts with the current number of workers as its first recommendation.
    known = state.recommendations or (WorkerCount(now, state.workers),)
    longest = max(policy.up.window, policy.down.window)
    kept = [each for each in known if each.at > now - longest]
    lowest = min([wanted, *(each.workers for each in kept if each.at > now - policy.up.window)])
    highest = max([wanted, *(each.workers for each in kept if each.at > now - policy.down.window)])
    # An equal one that is older never decides: polls of a steady load would be kept by hundreds.
    earlier = kept[:-1] if kept and kept[-1].workers == wanted else kept
    return min(max(state.workers, lowest), highest), (*earlier, WorkerCount(now, wanted))


def _limit_rate(policy: ScalingPolicy, state: ScalerState, wanted: int, now: float) -> int:
    """Return the wanted number, or the nearest one to it that the rates allow."""
    if wanted == state.workers:
        return wanted
    if wanted > state.workers:
        return max(state.workers, min(wanted, _ceiling(policy.up, state, now)))
    return min(state.workers, max(wanted, _floor(policy.down, state, now)))


def _ceiling(rules: ScalingRules, state: ScalerState, now: float) -> int:
    if rules.select == "Disabled":
        return state.workers
    select = min if rules.select == "Min" else max
    return select(_step(limit, 1, state, now) for limit in rules.limits)


def _floor(rules: ScalingRules, state: ScalerState, now: float) -> int:
    if rules.select == "Disabled":
        return state.workers
    select = max if rules.select == "Min" else min
    return select(_step(limit, -1, state, now) for limit in rules.limits)


def _step(limit: RateLimit, sign: int, state: ScalerState, now: float) -> int:
    """Return the number that a limit allows, from the workers at the start of its period."""
    start = _at_start_of_period(limit.period, state, now)
    if limit.unit == "Pods":
        return start + sign * limit.value
    end = start * (1 + sign * limit.value / 100)
    return math.ceil(end) if sign > 0 else int(end)


def _at_start_of_period(period: float, state: ScalerState, now: float) -> int:
    """Return the workers at the start of a period; the HPA counts changes in both directions."""
    recent = (change.workers for change in state.changes if change.at > now - period)
    return state.workers - sum(recent)


def _longest_period(policy: ScalingPolicy) -> float:
    return max(limit.period for limit in (*policy.up.limits, *policy.down.limits))
