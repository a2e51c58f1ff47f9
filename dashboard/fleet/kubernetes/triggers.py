"""The triggers of a ScaledObject or ScaledJob: their targets, values and activity.

The autoscaler's metrics are matched to triggers by name: KEDA calls the external metric of its n-th
trigger ``s<n>-…``, that of a formula ``composite-metric``, and leaves cpu and memory to the
autoscaler as resource metrics.

Sources:
    KEDA's pkg/scalers/*_scaler.go (metric names), pkg/scaling/scale_handler.go (activity),
    pkg/fallback/fallback.go and controllers/keda/hpa.go (the formula replaces external metrics).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboard.domain.fleet import Measure, Trigger
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.metrics import Metric, find_metric, measured
from dashboard.fleet.kubernetes.trigger_spec import RESOURCES, desired_replicas, specified
from dashboard.fleet.kubernetes.values import condition_status, number, truncate

_COMPOSITE = "composite-metric"
_ZERO_IF_INACTIVE: tuple[Measure, ...] = (
    *("requests", "waiting", "messages", "message_rate", "replicas"),
)
"""Measures that are never negative: inactive without an activation value, they are zero."""


@dataclass(frozen=True)
class Source:
    """What a trigger is read from."""

    scaler: Object
    hpa: Object | None
    unknown: str
    """Why there are no metrics of the autoscaler, as a clause; empty if there are."""


def read_triggers(source: Source) -> tuple[Trigger, ...]:
    """Read all triggers; a formula replaces all but those of cpu and memory."""
    indexed = list(enumerate(source.scaler["spec"]["triggers"]))
    formula = _formula(source.scaler)
    if not formula:
        return tuple(_read(source, index, trigger) for index, trigger in indexed)
    resources = [pair for pair in indexed if pair[1]["type"] in RESOURCES]
    composite = _read_formula(source, formula)
    return (composite, *(_read(source, index, trigger) for index, trigger in resources))


def _formula(scaler: Object) -> Object:
    advanced = scaler["spec"].get("advanced") or {}
    modifiers: Object = advanced.get("scalingModifiers") or {}
    return modifiers if modifiers.get("formula") else {}


def _read_formula(source: Source, formula: Object) -> Trigger:
    trigger = Trigger(
        type="formula",
        subject=truncate(formula["formula"]),
        target=number(formula.get("target")),
        target_type=formula.get("metricType") or "AverageValue",
        active=_is_active(source.scaler),
        activation=number(formula.get("activationTarget")) or 0.0,
        failed=condition_status(source.scaler, "Fallback") is True,
        is_fallback=condition_status(source.scaler, "Fallback") is True,
    )
    return _with_value(source, trigger, find_metric(source.hpa, _COMPOSITE))


def _read(source: Source, index: int, found: Object) -> Trigger:
    prefix = f"s{index}-"
    trigger = replace(
        specified(found),
        active=_activity(source.scaler, found, prefix),
        is_fallback=_is_falling_back(source.scaler, prefix),
    )
    if failures := _failures(source.scaler, prefix):
        noun = "failure" if failures == 1 else "failures"
        unknown = f"KEDA could not read it ({failures} {noun} in a row)"
        trigger = replace(trigger, failed=True, active=None, unknown=unknown)
        if not trigger.is_fallback:
            return trigger
    if found["type"] in RESOURCES:
        container = (found.get("metadata") or {}).get("containerName")
        metric = find_metric(source.hpa, found["type"], container)
    else:
        metric = find_metric(source.hpa, prefix)
    return _with_value(source, trigger, metric, desired_replicas(found))


def _with_value(
    source: Source, trigger: Trigger, metric: Metric | None, desired: int | None = None
) -> Trigger:
    """Add the autoscaler's target, value and demand, or what the trigger's inactivity implies."""
    if metric and metric.target is not None:
        trigger = replace(trigger, target=metric.target, target_type=metric.target_type)
    if metric and not source.unknown and source.hpa:
        trigger = measured(trigger, metric, source.hpa)
        if trigger.value is not None or trigger.demand is not None:
            return trigger
    if trigger.active is False and not trigger.activation and trigger.measure in _ZERO_IF_INACTIVE:
        return replace(trigger, value=0.0, demand=0)
    if trigger.active and desired is not None:
        return replace(trigger, value=float(desired), demand=desired)
    unknown = source.unknown or "the autoscaler reports no value of it"
    return replace(trigger, unknown=trigger.unknown or unknown)


def _activity(scaler: Object, found: Object, prefix: str) -> bool | None:
    """Return whether a trigger is active; KEDA never asks the autoscaler's own metrics."""
    if found["type"] in RESOURCES:
        return None
    reported = _with_prefix(scaler.get("status", {}).get("triggersActivity"), prefix)
    if any(each.get("isActive") for each in reported):
        return True
    if reported:  # what could not be read is reported as inactive, too
        return False if condition_status(scaler, "Ready") is True else None
    is_active = _is_active(scaler)
    external = [each for each in scaler["spec"]["triggers"] if each["type"] not in RESOURCES]
    return is_active if len(external) == 1 or not is_active else None


def _is_active(scaler: Object) -> bool | None:
    """Return whether KEDA holds the triggers for active; None if it could not read them all."""
    if condition_status(scaler, "Ready") is not True:
        return None
    return condition_status(scaler, "Active")


def _failures(scaler: Object, prefix: str) -> int:
    health = _with_prefix(scaler.get("status", {}).get("health"), prefix)
    failing = (each for each in health if each.get("status") == "Failing")
    return max((each.get("numberOfFailures") or 0 for each in failing), default=0)


def _is_falling_back(scaler: Object, prefix: str) -> bool:
    fallback = scaler["spec"].get("fallback")
    return bool(fallback) and _failures(scaler, prefix) > fallback.get("failureThreshold", 0)


def _with_prefix(found: Mapping[str, Object] | None, prefix: str) -> list[Object]:
    return [each for name, each in (found or {}).items() if name.startswith(prefix)]
