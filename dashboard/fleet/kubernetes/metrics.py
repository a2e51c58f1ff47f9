"""The metrics of a HorizontalPodAutoscaler, and the pods that each demands.

Source:
    Kubernetes' pkg/controller/podautoscaler/replica_calculator.go: GetExternalPerPodMetricReplicas
    (AverageValue is an average over the current replicas, rounded up to thousandths),
    GetExternalMetricReplicas (Value) and GetResourceReplicas (Utilization).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dashboard.domain.fleet import Measure, TargetType, Trigger
from dashboard.fleet.kubernetes.behavior import read_tolerance
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import number

_AVERAGE_PRECISION = 0.001
_RESOURCES: tuple[Measure, ...] = ("cores", "bytes")
_INTEGERS: tuple[Measure, ...] = ("requests", "waiting", "messages", "replicas")
_TYPES: dict[TargetType, str] = {
    "AverageValue": "averageValue",
    "Value": "value",
    "Utilization": "averageUtilization",
}


@dataclass(frozen=True)
class Metric:
    """A metric of an autoscaler: its target, and its current value if it is reported."""

    target_type: TargetType
    target: float | None
    current: float | None
    """An average of the pods, except for a target of the type Value."""


def find_metric(hpa: Object | None, name: str, container: str | None = None) -> Metric | None:
    """Return an autoscaler's metric by name, which may be the prefix of an external metric's.

    A scaler outside KEDA may have several; that with the highest value for its target decides.
    """
    spec = _matching((hpa or {}).get("spec", {}).get("metrics"), name, container)
    status = _matching((hpa or {}).get("status", {}).get("currentMetrics"), name, container)
    targets = {full: each.get("target") or {} for full, each in spec}
    currents = {full: each.get("current") or {} for full, each in status}
    names = targets | currents
    metrics = [_metric(targets.get(full, {}), currents.get(full, {})) for full in names]
    return max(metrics, key=_ratio, default=None)


@dataclass(frozen=True)
class Pods:
    """The pods that an autoscaler scales."""

    hpa: Object
    ready: int | None
    """Those that are ready; None if unknown."""

    @property
    def current(self) -> int:
        """All pods, at the autoscaler's last sync."""
        return int(self.hpa.get("status", {}).get("currentReplicas") or 0)


def measured(trigger: Trigger, metric: Metric, pods: Pods) -> Trigger:
    """Add the value of a metric to its trigger, and the pods that it demands."""
    if not pods.current or metric.current is None:
        return trigger
    demand, within_tolerance = _demand(trigger, metric, pods)
    if trigger.is_fallback:  # the value is made from the replicas of the fallback
        return replace(trigger, demand=demand)
    value = metric.current * pods.current if _is_share(trigger) else metric.current
    value = round(value) if trigger.measure in _INTEGERS else round(value, 2)
    return replace(
        trigger, value=float(value), demand=demand, within_tolerance=within_tolerance, unknown=""
    )


def _is_share(trigger: Trigger) -> bool:
    """Return whether a metric's current value is the share of each pod in a total."""
    return trigger.target_type == "AverageValue" and trigger.measure not in _RESOURCES


def _demand(trigger: Trigger, metric: Metric, pods: Pods) -> tuple[int | None, bool]:
    """Return the pods that a metric demands, and whether that is within the tolerance."""
    if metric.current is None or not trigger.target:
        return None, False
    ratio = metric.current / trigger.target
    if _is_share(trigger):
        precision = _AVERAGE_PRECISION * pods.current / trigger.target
        wanted = math.ceil(ratio * pods.current - precision)
    else:
        wanted = math.ceil(ratio * _counted(pods) - 1e-9)
    if abs(ratio - 1.0) > _tolerance(pods.hpa, "scaleUp" if ratio > 1.0 else "scaleDown"):
        is_damped = trigger.measure in _RESOURCES and ratio > 1.0
        return max(wanted, pods.current) if is_damped else wanted, False
    return pods.current, wanted != pods.current


def _counted(pods: Pods) -> int:
    """Return the pods that a value which is no share is multiplied by: those that are ready."""
    return pods.current if pods.ready is None else pods.ready


def _tolerance(hpa: Object, direction: str) -> float:
    behavior = hpa.get("spec", {}).get("behavior") or {}
    return read_tolerance(behavior.get(direction) or {})


def _metric(target: Object, current: Object) -> Metric:
    reported = (name for name, field in _TYPES.items() if field in current)
    default: TargetType = next(reported, "AverageValue")
    target_type: TargetType = target.get("type", default)
    field = _TYPES[target_type]
    return Metric(target_type, number(target.get(field)), number(current.get(field)))


def _ratio(metric: Metric) -> float:
    return (metric.current or 0.0) / (metric.target or 1.0)


def _matching(
    metrics: Iterable[Object] | None, name: str, container: str | None
) -> list[tuple[str, Object]]:
    sources = [_source(each) for each in metrics or ()]
    return [
        (full, source)
        for full, source, of in sources
        if of == (container or "") and is_named(full, name)
    ]


def is_named(full: str, name: str) -> bool:
    """Return whether a metric has that name, or begins with it if it ends with a dash."""
    return full.startswith(name) if name.endswith("-") else full == name


def _source(metric: Object) -> tuple[str, Object, str]:
    """Return a metric's name, its fields and its container, which only some metrics have."""
    for kind in ("external", "resource", "containerResource"):
        if source := metric.get(kind):
            name = source["metric"]["name"] if kind == "external" else source["name"]
            return name, source, source.get("container", "")
    return "", {}, ""
