"""KEDA's ScaledObject or ScaledJob, and the HorizontalPodAutoscaler of a ScaledObject.

Sources:
    KEDA's apis/keda/v1alpha1/*_types.go and pkg/scaling/executor/scale_scaledobjects.go
    (cooldown, pauses).
    Kubernetes' pkg/controller/podautoscaler/replica_calculator.go
    (GetExternalPerPodMetricReplicas: averageValue is an average over the current replicas).
"""

from dataclasses import dataclass, replace
from typing import Any

from dashboard.domain.fleet import Autoscaler, Condition, Scaler
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.cluster import ClusterSnapshot
from dashboard.fleet.kubernetes.values import (
    condition_status,
    conditions,
    created_at,
    number,
    optional_seconds,
)

_DEFAULT_POLLING_INTERVAL = 30
_DEFAULT_COOLDOWN_PERIOD = 300
_DEFAULT_MAXIMUM = 100
_MAX_MISSED_POLLS = 3
_CLOCK_TOLERANCE_SECONDS = 30.0
_ANNOTATION_PREFIX = "autoscaling.keda.sh"
_FALSE = ("0", "f", "F", "false", "False", "FALSE")
"""KEDA reads any other value of its annotations as true."""


@dataclass(frozen=True)
class ActiveScaler:
    """The object that scales the workers; both fields are None if there is none."""

    scaled_object: Object | None = None
    scaled_job: Object | None = None
    is_ambiguous: bool = False
    """Whether there are both; then only the ScaledObject is shown."""


def active_scaler(cluster: ClusterSnapshot) -> ActiveScaler:
    """Return the scaler of a cluster, leaving out those that are being deleted."""
    scaled_object = _first_not_deleted(cluster.scaled_objects)
    scaled_job = _first_not_deleted(cluster.scaled_jobs)
    if scaled_object:
        return ActiveScaler(scaled_object, None, is_ambiguous=scaled_job is not None)
    return ActiveScaler(None, scaled_job)


def _first_not_deleted(found: tuple[Object, ...] | None) -> Object | None:
    remaining = (item for item in found or () if not item["metadata"].get("deletionTimestamp"))
    return next(remaining, None)


def make_scaler(active: ActiveScaler, cluster: ClusterSnapshot) -> Scaler | None:
    """Convert the active scaler; None if there is none or it could not be read."""
    if active.scaled_object:
        return convert_scaled_object(active.scaled_object, cluster.autoscalers, cluster.at)
    if active.scaled_job:
        return convert_scaled_job(active.scaled_job, cluster.at)
    return None


def convert_scaled_object(
    found: Object, autoscalers: tuple[Object, ...] | None, now: float
) -> Scaler:
    """Convert a ScaledObject, with its autoscaler if that is among ``autoscalers``."""
    spec = found["spec"]
    hpa_name = found.get("status", {}).get("hpaName")
    hpa = next((item for item in autoscalers or () if item["metadata"]["name"] == hpa_name), None)
    return Scaler(
        kind="ScaledObject",
        jobs=_jobs(found, hpa),
        cooldown_period=spec.get("cooldownPeriod", _DEFAULT_COOLDOWN_PERIOD),
        cooldown_left=_cooldown_left(found, now),
        scale_in_paused=_is_annotated(found, "paused-scale-in"),
        scale_out_paused=_is_annotated(found, "paused-scale-out"),
        autoscaler=_convert_autoscaler(hpa) if hpa else None,
        **_shared_fields(found, now),
    )


def convert_scaled_job(found: Object, now: float) -> Scaler:
    """Convert a ScaledJob. It has no cooldown: its Jobs end by themselves."""
    return Scaler(kind="ScaledJob", jobs=None, cooldown_period=0, **_shared_fields(found, now))


def _shared_fields(found: Object, now: float) -> dict[str, Any]:
    spec = found["spec"]
    trigger = spec["triggers"][0]
    return {
        "name": found["metadata"]["name"],
        "trigger": _describe_trigger(trigger),
        "jobs_per_worker": _jobs_per_worker(trigger),
        "minimum": spec.get("minReplicaCount", 0),
        "maximum": spec.get("maxReplicaCount", _DEFAULT_MAXIMUM),
        "polling_interval": spec.get("pollingInterval", _DEFAULT_POLLING_INTERVAL),
        "paused": _is_paused(found),
        "conditions": _scaler_conditions(found, now),
    }


def _describe_trigger(trigger: Object) -> str:
    queue = trigger["metadata"].get("queueName")
    return f"{trigger['type']} queue {queue}" if queue else str(trigger["type"])


def _jobs_per_worker(trigger: Object) -> float:
    metadata = trigger["metadata"]
    value = number(metadata.get("value") or metadata.get("queueLength")) or 1
    return int(value) if value == int(value) else value


def _scaler_conditions(found: Object, now: float) -> tuple[Condition, ...]:
    """Return KEDA's conditions, with Ready false if KEDA has stopped polling."""
    reported = conditions(found)
    if not reported:
        return (Condition("Ready", False, "KEDA has not reconciled it yet"),)
    silence = _seconds_without_poll(found, now)
    if silence is None:
        return reported
    message = f"KEDA has not polled the queue for {silence:.0f} s; is the KEDA operator running?"
    return tuple(
        replace(each, status=False, message=message) if each.name == "Ready" else each
        for each in reported
    )


def _seconds_without_poll(found: Object, now: float) -> float | None:
    """Return the seconds since KEDA's last poll if it missed several; None if it did not.

    While the scaler is active, KEDA writes the time of each poll to the object; otherwise not.
    """
    spec = found["spec"]
    polled_at = optional_seconds(found.get("status", {}).get("lastActiveTime"))
    is_paused = _is_paused(found) or _is_annotated(found, "paused-scale-out")
    is_active = condition_status(found, "Active")
    if polled_at is None or is_paused or not is_active or spec.get("minReplicaCount", 0):
        return None
    interval = spec.get("pollingInterval", _DEFAULT_POLLING_INTERVAL)
    allowed = _MAX_MISSED_POLLS * interval + _CLOCK_TOLERANCE_SECONDS
    return now - polled_at if now - polled_at > allowed else None


def _is_paused(found: Object) -> bool:
    annotations = found["metadata"].get("annotations", {})
    return (
        f"{_ANNOTATION_PREFIX}/paused-replicas" in annotations
        or _is_annotated(found, "paused")
        or condition_status(found, "Paused") is True
    )


def _is_annotated(found: Object, name: str) -> bool:
    value = found["metadata"].get("annotations", {}).get(f"{_ANNOTATION_PREFIX}/{name}")
    return value is not None and value not in _FALSE


def _jobs(found: Object, hpa: Object | None) -> int | None:
    """Return the number of jobs that the scaler counted last; None if it reports none."""
    jobs = _jobs_of_autoscaler(hpa) if hpa else None
    if jobs is not None:
        return jobs
    activation = number(found["spec"]["triggers"][0]["metadata"].get("activationValue", 0))
    is_inactive = condition_status(found, "Active") is False
    reads_its_trigger = condition_status(found, "Ready") is True
    return 0 if is_inactive and reads_its_trigger and not activation else None


def _cooldown_left(found: Object, now: float) -> float | None:
    """Return the seconds until KEDA scales to zero; None if no cooldown is running.

    The cooldown starts at the last active poll; before the first one the initial cooldown
    starts at the object's creation.
    """
    spec = found["spec"]
    if spec.get("minReplicaCount", 0) > 0 or condition_status(found, "Active") is not False:
        return None
    if _is_paused(found) or _is_annotated(found, "paused-scale-in"):
        return None
    since = optional_seconds(found.get("status", {}).get("lastActiveTime"))
    period = float(spec.get("cooldownPeriod", _DEFAULT_COOLDOWN_PERIOD))
    if since is None:
        since = created_at(found)
        period = float(spec.get("initialCooldownPeriod", 0))
    # The clocks of two machines differ, so this is limited to the whole period.
    return min(max(0.0, since + period - now), period)


def _convert_autoscaler(hpa: Object) -> Autoscaler:
    status = hpa.get("status", {})
    return Autoscaler(
        name=hpa["metadata"]["name"],
        desired=status.get("desiredReplicas"),
        current=status.get("currentReplicas", 0) if status else None,  # zero is left out
        jobs_per_worker=_average_value(hpa),
        conditions=conditions(hpa),
    )


def _jobs_of_autoscaler(hpa: Object) -> int | None:
    """Return the jobs that an autoscaler counted: the average per pod, times its pods.

    None while it is not active, as while its target has no replicas.
    """
    if condition_status(hpa, "ScalingActive") is not True:
        return None
    average = _average_value(hpa)
    replicas = hpa.get("status", {}).get("currentReplicas")
    return None if average is None or not replicas else round(average * replicas)


def _average_value(hpa: Object) -> float | None:
    for metric in hpa.get("status", {}).get("currentMetrics") or ():
        if metric.get("type") == "External":
            return number(metric["external"].get("current", {}).get("averageValue"))
    return None
