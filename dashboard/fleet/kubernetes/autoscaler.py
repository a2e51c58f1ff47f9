"""The HorizontalPodAutoscaler that KEDA feeds, and the jobs that it counted.

Source: Kubernetes' pkg/controller/podautoscaler/replica_calculator.go
(GetExternalPerPodMetricReplicas: what averageValue is an average of).
"""

from dashboard.domain.fleet import Autoscaler
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import (
    condition,
    condition_status,
    conditions,
    parse_quantity,
)


def jobs_counted(hpa: Object) -> int | None:
    """Return the jobs that an autoscaler counted: their number per pod, times its pods.

    None while it does not look, as it does not while the target has no replicas.
    """
    status = hpa.get("status", {})
    if (
        condition_status(condition(status.get("conditions"), "ScalingActive").get("status"))
        is not True
    ):
        return None
    average = parse_quantity(_current(status).get("averageValue"))
    replicas = status.get("currentReplicas")
    return None if average is None or not replicas else round(average * replicas)


def _current(status: Object) -> Object:
    metrics = status.get("currentMetrics") or ()
    external = (one["external"] for one in metrics if one.get("type") == "External")
    return next(external, {}).get("current", {})


def autoscaler(hpa: Object) -> Autoscaler:
    """Tell a HorizontalPodAutoscaler."""
    status = hpa.get("status", {})
    return Autoscaler(
        name=hpa["metadata"]["name"],
        desired=status.get("desiredReplicas"),
        current=status.get("currentReplicas", 0) if status else None,  # zero is left out
        jobs_per_worker=parse_quantity(_current(status).get("averageValue")),
        conditions=conditions(status.get("conditions")),
    )
