"""Read a trigger's specification, before KEDA or the autoscaler reports anything of it.

Source:
    KEDA's pkg/scalers/*_scaler.go: each has other names for its target and its activation value.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from dashboard.domain.fleet import Measure, TargetType, Trigger
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import number, truncate
from wire.messages.names import QUEUE

RESOURCES = ("cpu", "memory")
"""Types of triggers that KEDA leaves to the autoscaler."""

_NORMALIZED = str.maketrans("/.:%()", "------")
"""KEDA's pkg/util/normalize_string.go."""
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


def specified(found: Object) -> Trigger:
    """Return a trigger without anything that is reported of it."""
    return Trigger(
        type=found["type"],
        subject=_subject(found),
        target=_target(found),
        target_type=_target_type(found),
        measure=_measure(found),
        activation=_activation(found.get("metadata") or {}),
    )


def _subject(found: Object) -> str:
    metadata = found.get("metadata") or {}
    if queue := metadata.get("queueName"):
        mode = metadata.get("mode") or "QueueLength"
        return truncate(f"queue {queue}" if mode == "QueueLength" else f"{mode} of queue {queue}")
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
    if kind in RESOURCES:
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
    is_resource = found["type"] in RESOURCES
    default: TargetType = "Utilization" if is_resource else "AverageValue"
    target_type: TargetType | None = found.get("metricType")
    deprecated: TargetType | None = metadata.get("type") if is_resource else None
    return target_type or deprecated or default


def metric_name(index: int, found: Object) -> str:
    """Return the name of KEDA's metric of the n-th trigger, or a prefix, which ends with a dash.

    The type is a part of it, so that a metric of the triggers before a change is not taken for one
    of those after it; scalers other than these abbreviate their type.
    """
    if found["type"] == "cron":
        return f"s{index}-cron-"
    if found["type"] != "rabbitmq":
        return f"s{index}-"
    queue = quote_plus((found.get("metadata") or {}).get("queueName") or "")
    return f"s{index}-rabbitmq-{queue.translate(_NORMALIZED)}"


def desired_replicas(found: Object) -> int | None:
    """Return the replicas of a schedule while it is active; None for other triggers."""
    if found["type"] != "cron":
        return None
    desired = number((found.get("metadata") or {}).get("desiredReplicas"))
    return None if desired is None else int(desired)


def _activation(metadata: Mapping[str, Any]) -> float:
    """Return the activation value; each of KEDA's scalers has another name for it."""
    values = (number(value) for key, value in metadata.items() if key.startswith("activation"))
    return next((value for value in values if value is not None), 0.0)
