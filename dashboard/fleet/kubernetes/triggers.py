"""The triggers of a ScaledObject or ScaledJob: their targets, values and activity.

The autoscaler's metrics are matched to triggers by name: KEDA calls the external metric of its n-th
trigger ``s<n>-…``, that of a formula ``composite-metric``, and leaves cpu and memory to the
autoscaler as resource metrics.

Sources:
    KEDA's pkg/scalers/*_scaler.go (names, targets, units), pkg/scaling/scale_handler.go (activity),
    pkg/fallback/fallback.go and controllers/keda/hpa.go (the formula replaces external metrics).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboard.domain.fleet import Measure, TargetType, Trigger
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.metrics import Metric, find_metric, measured
from dashboard.fleet.kubernetes.values import condition_status, number, truncate
from wire.messages.names import QUEUE

_RESOURCES = ("cpu", "memory")
_COMPOSITE = "composite-metric"
_DEFAULT_RABBITMQ_VALUE = "20"
_TARGET_KEYS = (
    *("value", "threshold", "targetValue", "queueLength", "lagThreshold", "targetQueryValue"),
    *("queryValue", "messageCount", "listLength", "thresholdValue", "targetMetricValue"),
)
_QUEUE_MEASURES: Mapping[str, Measure] = {
    "QueueLength": "messages",
    "MessageRate": "message_rate",
    "DeliverGetRate": "message_rate",
}
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
    resources = [pair for pair in indexed if pair[1]["type"] in _RESOURCES]
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
    metadata = found.get("metadata") or {}
    measure = _measure(found)
    prefix = f"s{index}-"
    trigger = Trigger(
        type=found["type"],
        subject=_subject(found),
        target=_target(found),
        target_type=_target_type(found),
        measure=measure,
        active=_activity(source.scaler, found, prefix),
        activation=_activation(metadata),
        is_fallback=_is_falling_back(source.scaler, prefix),
    )
    if failures := _failures(source.scaler, prefix):
        unknown = f"KEDA could not read it ({failures} failed so far)"
        trigger = replace(trigger, failed=True, unknown=unknown)
        if not trigger.is_fallback:
            return trigger
    if found["type"] in _RESOURCES:
        metric = find_metric(source.hpa, found["type"], metadata.get("containerName"))
    else:
        metric = find_metric(source.hpa, prefix)
    return _with_value(source, trigger, metric, _desired_replicas(found))


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


def _subject(found: Object) -> str:
    metadata = found.get("metadata") or {}
    if queue := metadata.get("queueName"):
        return truncate(f"queue {queue}")
    if found["type"] == "cron":
        fields = (metadata.get(key) for key in ("start", "end", "timezone"))
        return truncate("{} to {} {}".format(*fields))
    return truncate(found.get("name"))


def _measure(found: Object) -> Measure:
    """Return what a trigger measures; requests are those of this app's own queue."""
    metadata = found.get("metadata") or {}
    kind = found["type"]
    if kind == "cron":
        return "replicas"
    if kind in _RESOURCES:
        return "cores" if kind == "cpu" else "bytes"
    if kind != "rabbitmq":
        return ""
    measure = _QUEUE_MEASURES.get(metadata.get("mode") or "QueueLength", "")
    is_other = metadata.get("queueName") != QUEUE or metadata.get("useRegex") == "true"
    if measure != "messages" or is_other:
        return measure
    counts_all = metadata.get("excludeUnacknowledged") != "true"
    return "requests" if counts_all and metadata.get("protocol") != "amqp" else "waiting"


def _target(found: Object) -> float | None:
    """Return the target of a trigger's metadata; None if it has none that is known here."""
    metadata: Mapping[str, Any] = found.get("metadata") or {}
    if found["type"] == "cron":
        return 1.0
    values = (number(metadata.get(key)) for key in _TARGET_KEYS if metadata.get(key))
    default = number(_DEFAULT_RABBITMQ_VALUE) if found["type"] == "rabbitmq" else None
    return next((value for value in values if value), default)


def _target_type(found: Object) -> TargetType:
    metadata = found.get("metadata") or {}
    default = "AverageValue"
    if found["type"] in _RESOURCES:
        default = metadata.get("type") or "Utilization"
    target_type: TargetType = found.get("metricType") or default
    return target_type


def _desired_replicas(found: Object) -> int | None:
    if found["type"] != "cron":
        return None
    desired = number((found.get("metadata") or {}).get("desiredReplicas"))
    return None if desired is None else int(desired)


def _activation(metadata: Mapping[str, Any]) -> float:
    """Return the activation value; each of KEDA's scalers has another name for it."""
    values = (number(value) for key, value in metadata.items() if key.startswith("activation"))
    return next((value for value in values if value is not None), 0.0)


def _activity(scaler: Object, found: Object, prefix: str) -> bool | None:
    """Return whether a trigger is active; KEDA never asks the autoscaler's own metrics."""
    if found["type"] in _RESOURCES:
        return None
    reported = _with_prefix(scaler.get("status", {}).get("triggersActivity"), prefix)
    if any(each.get("isActive") for each in reported):
        return True
    if reported:  # what could not be read is reported as inactive, too
        return False if condition_status(scaler, "Ready") is True else None
    is_active = _is_active(scaler)
    external = [each for each in scaler["spec"]["triggers"] if each["type"] not in _RESOURCES]
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
