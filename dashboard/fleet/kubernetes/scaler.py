"""KEDA's ScaledObject or ScaledJob, and the HorizontalPodAutoscaler of a ScaledObject.

Source:
    KEDA's apis/keda/v1alpha1/*_types.go and pkg/scaling/executor/*.go.
"""

from dataclasses import dataclass, replace
from typing import Any

from dashboard.domain.fleet import Autoscaler, Condition, Scaler, Trigger
from dashboard.fleet.kubernetes.behavior import read_rules
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.cluster import ClusterSnapshot
from dashboard.fleet.kubernetes.cooldown import (
    DEFAULT_COOLDOWN_PERIOD,
    cooldown_left,
    initial_cooldown,
)
from dashboard.fleet.kubernetes.pauses import is_annotated, is_paused, paused_at
from dashboard.fleet.kubernetes.triggers import Source, read_triggers
from dashboard.fleet.kubernetes.values import (
    condition_status,
    conditions,
    optional_seconds,
)

_DEFAULT_POLLING_INTERVAL = 30
_DEFAULT_MAXIMUM = 100
_MAX_MISSED_POLLS = 3
_CLOCK_TOLERANCE_SECONDS = 30.0


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


def scaled_deployment(cluster: ClusterSnapshot, active: ActiveScaler, scaler: str) -> Object | None:
    """Return the workers' Deployment: the ScaledObject's target, or the scaler's namesake."""
    name = scaler
    if active.scaled_object:
        name = active.scaled_object["spec"]["scaleTargetRef"]["name"]
    deployments = cluster.deployments or ()
    return next((each for each in deployments if each["metadata"]["name"] == name), None)


def make_scaler(active: ActiveScaler, cluster: ClusterSnapshot) -> Scaler | None:
    """Convert the active scaler; None if there is none or it could not be read."""
    if active.scaled_object:
        ready = _ready_pods(active.scaled_object, cluster.deployments)
        return convert_scaled_object(active.scaled_object, cluster.autoscalers, cluster.at, ready)
    if active.scaled_job:
        return convert_scaled_job(active.scaled_job, cluster.at)
    return None


def _ready_pods(found: Object, deployments: tuple[Object, ...] | None) -> int | None:
    name = found["spec"]["scaleTargetRef"]["name"]
    named = (each for each in deployments or () if each["metadata"]["name"] == name)
    deployment = next(named, None)
    # Zero is left out.
    return deployment.get("status", {}).get("readyReplicas", 0) if deployment else None


def convert_scaled_object(
    found: Object, autoscalers: tuple[Object, ...] | None, now: float, ready: int | None = None
) -> Scaler:
    """Convert a ScaledObject, with its autoscaler if that is among ``autoscalers``.

    ``ready`` are the ready pods of what it scales; None if unknown.
    """
    spec = found["spec"]
    hpa_name = found.get("status", {}).get("hpaName")
    hpa = next((item for item in autoscalers or () if item["metadata"]["name"] == hpa_name), None)
    unknown = "the autoscaler could not be read" if autoscalers is None else _explain_missing(hpa)
    triggers = read_triggers(Source(found, hpa, unknown, ready))
    return Scaler(
        kind="ScaledObject",
        paused=is_paused(found),
        cooldown_period=spec.get("cooldownPeriod", DEFAULT_COOLDOWN_PERIOD),
        cooldown_left=cooldown_left(found, now),
        initial_cooldown=initial_cooldown(found),
        idle=spec.get("idleReplicaCount"),
        scale_in_paused=is_annotated(found, "paused-scale-in"),
        scale_out_paused=is_annotated(found, "paused-scale-out"),
        forced=is_annotated(found, "force-activation"),
        paused_at=paused_at(found),
        autoscaler=_convert_autoscaler(hpa, triggers) if hpa else None,
        scale_up=read_rules(found, hpa, "scaleUp"),
        scale_down=read_rules(found, hpa, "scaleDown"),
        **_shared_fields(found, triggers, now),
    )


def convert_scaled_job(found: Object, now: float) -> Scaler:
    """Convert a ScaledJob. It has no cooldown: its Jobs end by themselves."""
    triggers = read_triggers(Source(found, None, "KEDA reports no values of ScaledJobs"))
    strategy = found["spec"].get("scalingStrategy") or {}
    return Scaler(
        kind="ScaledJob",
        paused=is_annotated(found, "paused"),  # the only pause of a ScaledJob
        cooldown_period=0,
        strategy=strategy.get("strategy") or "default",
        calculation=strategy.get("multipleScalersCalculation") or "max",
        **_shared_fields(found, triggers, now),
    )


def _explain_missing(hpa: Object | None) -> str:
    """Explain why an autoscaler has no current metrics; empty if it has."""
    if hpa is None:
        return "there is no autoscaler yet"
    return "" if condition_status(hpa, "ScalingActive") is True else "the autoscaler is not active"


def _shared_fields(found: Object, triggers: tuple[Trigger, ...], now: float) -> dict[str, Any]:
    spec = found["spec"]
    requests = _request_trigger(triggers)
    counted = requests.value if requests else None
    return {
        "name": found["metadata"]["name"],
        "trigger": ", ".join(trigger.name for trigger in triggers),
        "triggers": triggers,
        "jobs": None if counted is None else int(counted),
        "jobs_per_worker": requests.target if requests else None,
        "minimum": spec.get("minReplicaCount", 0),
        "maximum": spec.get("maxReplicaCount", _DEFAULT_MAXIMUM),
        "polling_interval": spec.get("pollingInterval", _DEFAULT_POLLING_INTERVAL),
        "conditions": _scaler_conditions(found, now),
    }


def _request_trigger(triggers: tuple[Trigger, ...]) -> Trigger | None:
    counting = (each for each in triggers if each.measure in ("requests", "waiting"))
    return next(counting, None)


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

    While all triggers are read and one is active, KEDA writes the time of each poll to the object.
    """
    spec = found["spec"]
    polled_at = optional_seconds(found.get("status", {}).get("lastActiveTime"))
    stands_still = is_paused(found) or is_annotated(found, "paused-scale-out")
    is_polled = condition_status(found, "Active") and condition_status(found, "Ready")
    if polled_at is None or stands_still or not is_polled or spec.get("minReplicaCount", 0):
        return None
    interval = spec.get("pollingInterval", _DEFAULT_POLLING_INTERVAL)
    allowed = _MAX_MISSED_POLLS * interval + _CLOCK_TOLERANCE_SECONDS
    return now - polled_at if now - polled_at > allowed else None


def _convert_autoscaler(hpa: Object, triggers: tuple[Trigger, ...]) -> Autoscaler:
    status = hpa.get("status", {})
    pods = status.get("currentReplicas", 0) if status else None  # zero is left out
    requests = _request_trigger(triggers)
    return Autoscaler(
        name=hpa["metadata"]["name"],
        desired=status.get("desiredReplicas"),
        current=pods,
        jobs_per_worker=_per_pod(requests, pods),
        conditions=conditions(hpa),
    )


def _per_pod(requests: Trigger | None, pods: int | None) -> float | None:
    if requests is None or requests.value is None or not pods:
        return None
    return round(requests.value / pods, 3)
