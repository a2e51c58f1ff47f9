"""What the scaling rule recommended for the samples of the last minutes."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from dashboard.domain.fleet import Scaler, Trigger
from dashboard.domain.scaling_rules import DEFAULT_SCALE_DOWN, DEFAULT_SCALE_UP
from dashboard.domain.snapshot import Sample
from dashboard.fleet.scaling_rule import ScalerState, ScalingPolicy, decide, recommendation
from dashboard.presentation.trigger_clauses import counts_requests, current_triggers

_MAX_PARTS = 12
_MIN_PART_SECONDS = 3.0
"""Longer than the time between two samples."""


def request_trigger(scaler: Scaler) -> Trigger | None:
    """Return the only trigger of a scaler if it counts requests, with a share for each worker.

    Of other measures no samples are kept, so what they recommended is unknown.
    """
    [*others, trigger] = current_triggers(scaler, wanted=1, counts=None)
    is_share = trigger.target_type == "AverageValue" and bool(trigger.target)
    return trigger if not others and counts_requests(trigger) and is_share else None


def policy_of(scaler: Scaler) -> ScalingPolicy | None:
    """Return the scaling rule's settings; None if no autoscaler applies it to requests alone."""
    trigger = request_trigger(scaler)
    if trigger is None or trigger.target is None or scaler.kind == "ScaledJob":
        return None
    return ScalingPolicy(
        minimum=scaler.minimum,
        maximum=scaler.maximum,
        jobs_per_worker=trigger.target,
        activation=math.floor(trigger.activation),
        up=scaler.scale_up or DEFAULT_SCALE_UP,
        down=scaler.scale_down or DEFAULT_SCALE_DOWN,
    )


def counted(trigger: Trigger, sample: Sample) -> int | None:
    """Return the requests of a sample that a trigger counts; None if they are unknown."""
    if sample.waiting is None or trigger.measure == "waiting":
        return sample.waiting
    return None if sample.generating is None else sample.waiting + sample.generating


def called_for(policy: ScalingPolicy, trigger: Trigger, sample: Sample) -> int | None:
    """Return the workers that a sample's requests call for, within the limits."""
    jobs = counted(trigger, sample)
    if jobs is None or sample.wanted is None:
        return None
    if sample.wanted == 0:
        return decide(policy, ScalerState(), jobs, sample.at).workers
    return recommendation(policy, sample.wanted, jobs)


def target(scaler: Scaler) -> Callable[[Sample], int | None] | None:
    """Return the function from a sample to the workers that its requests call for; None without."""
    policy, trigger = policy_of(scaler), request_trigger(scaler)
    if policy is None or trigger is None:
        return None
    return partial(called_for, policy, trigger)


def recommendations(
    scaler: Scaler, samples: Sequence[Sample], start: float, end: float
) -> tuple[int | None, ...]:
    """Return the highest recommendation in each part of a window; None where it is unknown."""
    parts = max(1, min(_MAX_PARTS, int((end - start) / _MIN_PART_SECONDS)))
    values: list[int | None] = [None] * parts
    for at, workers in _known(scaler, samples, start):
        part = min(parts - 1, int((at - start) / max(1.0, end - start) * parts))
        values[part] = max(values[part] or 0, workers)
    return tuple(values)


def last_as_high(
    scaler: Scaler, samples: Sequence[Sample], workers: int, start: float
) -> float | None:
    """Return when at least so many workers were last called for; None if never since ``start``."""
    high = (at for at, count in _known(scaler, samples, start) if count >= workers)
    return max(high, default=None)


def _known(scaler: Scaler, samples: Sequence[Sample], start: float) -> Iterator[tuple[float, int]]:
    if (workers_of := target(scaler)) is None:
        return
    for sample in reversed(samples):
        if sample.at < start:
            return
        if (workers := workers_of(sample)) is not None:
            yield sample.at, workers
