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
from dashboard.fleet.kubernetes.metrics import Metric, Pods, find_metric, is_named, measured
from dashboard.fleet.kubernetes.pauses import is_annotated
from dashboard.fleet.kubernetes.trigger_spec import (
    RESOURCES,
    desired_replicas,
    metric_name,
    specified,
)
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
    ready: int | None = None
    """Ready pods of the scaled Deployment; None if unknown."""


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
    fallback = source.scaler["spec"].get("fallback") or {}
    # With this behavior the formula itself replaces what could not be read.
    is_replaced = fallback.get("behavior") != "scalingModifiers"
    trigger = Trigger(
        type="formula",
        subject=truncate(formula["formula"]),
        target=number(formula.get("target")),
        target_type=formula.get("metricType") or "AverageValue",
        active=_is_active(source.scaler),
        activation=number(formula.get("activationTarget")) or 0.0,
    )
    if is_replaced:
        trigger = _with_failures(source.scaler, trigger)
    return _with_value(source, trigger, find_metric(source.hpa, _COMPOSITE))


def _read(source: Source, index: int, found: Object) -> Trigger:
    name = metric_name(index, found)
    trigger = replace(specified(found), active=_activity(source.scaler, found, name))
    trigger = _with_failures(source.scaler, trigger, name)
    if found["type"] in RESOURCES:
        container = (found.get("metadata") or {}).get("containerName")
        metric = find_metric(source.hpa, found["type"], container)
    else:
        metric = find_metric(source.hpa, name)
    return _with_value(source, trigger, metric, desired_replicas(found))


def _with_failures(scaler: Object, trigger: Trigger, name: str | None = None) -> Trigger:
    """Add whether KEDA could not read a trigger; it notes that only if there is a fallback.

    Without the name of a metric, those of all triggers count.
    """
    health = scaler.get("status", {}).get("health") or {}
    health = list(health.values()) if name is None else _named(health, name)
    failing = (each for each in health if each.get("status") == "Failing")
    failures = max((each.get("numberOfFailures") or 0 for each in failing), default=0)
    fallback = scaler["spec"].get("fallback")
    if not failures or not fallback:
        return trigger
    is_fallback = failures > fallback.get("failureThreshold", 0)
    is_static = fallback.get("behavior") in (None, "static")
    noun = "failure" if failures == 1 else "failures"
    return replace(
        trigger,
        failed=True,
        active=is_fallback or None,
        is_fallback=is_fallback,
        demand=fallback.get("replicas") if is_fallback and is_static else None,
        unknown=f"KEDA could not read it ({failures} {noun} in a row)",
    )


def _with_value(
    source: Source, trigger: Trigger, metric: Metric | None, desired: int | None = None
) -> Trigger:
    """Add the autoscaler's target, value and demand, or what the trigger's inactivity implies."""
    if metric and metric.target is not None:
        trigger = replace(trigger, target=metric.target, target_type=metric.target_type)
    if metric and not source.unknown and source.hpa and trigger.failed == trigger.is_fallback:
        trigger = measured(trigger, metric, Pods(source.hpa, source.ready))
    if trigger.failed or trigger.value is not None:
        return trigger
    if trigger.active is False and not trigger.activation and trigger.measure in _ZERO_IF_INACTIVE:
        return replace(trigger, value=0.0, demand=0)
    if trigger.active and desired is not None:
        return replace(trigger, value=float(desired), demand=desired)
    unknown = source.unknown or "the autoscaler reports no value of it"
    return replace(trigger, unknown=unknown)


def _activity(scaler: Object, found: Object, name: str) -> bool | None:
    """Return whether a trigger is active; KEDA does not poll the autoscaler's own metrics."""
    if found["type"] in RESOURCES:
        return None
    is_active = _is_active(scaler)
    activity = scaler.get("status", {}).get("triggersActivity") or {}
    reported = _named(activity, name)
    if any(each.get("isActive") for each in reported):
        return True
    if not reported:
        external = [each for each in scaler["spec"]["triggers"] if each["type"] not in RESOURCES]
        return is_active if len(external) == 1 or not is_active else None
    # What could not be read is reported as inactive, too; and KEDA writes its conditions first.
    is_read = condition_status(scaler, "Ready") is True
    is_written = not is_active or any(each.get("isActive") for each in activity.values())
    return False if is_read and is_written else None


def _is_active(scaler: Object) -> bool | None:
    """Return whether any trigger is active; None if one could not be read, or if it is forced."""
    if condition_status(scaler, "Ready") is not True:
        return None
    is_active = condition_status(scaler, "Active")
    return None if is_active and is_annotated(scaler, "force-activation") else is_active


def _named(found: Mapping[str, Object] | None, name: str) -> list[Object]:
    return [each for full, each in (found or {}).items() if is_named(full, name)]
