"""KEDA's ScaledObject or ScaledJob, and the autoscaler that it drives, as one Scaler.

Sources: KEDA's apis/keda/v1alpha1/*_types.go and pkg/scaling/executor/scale_scaledobjects.go
(cool-down, pauses), and Kubernetes' pkg/controller/podautoscaler/replica_calculator.go
(GetExternalPerPodMetricReplicas: what averageValue is an average of).
"""

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.look import Look
from dashboard.fleet.kubernetes.values import amount, condition, conditions, seconds, truth
from dashboard.fleet.reading import Autoscaler, Scaler

_POLLING = 30
"""Seconds; KEDA's default, as the next two are."""
_COOLDOWN = 300
_MAXIMUM = 100
_ANNOTATION = "autoscaling.keda.sh"
_FALSE = ("0", "f", "F", "false", "False", "FALSE")
"""What KEDA takes for no; any other value of its annotations is a yes."""


def scaler_of(look: Look) -> Scaler | None:
    """Return the scaler; None if there is none or it could not be read."""
    if look.scaled_objects:
        return scaled_object(look.scaled_objects[0], look.autoscalers, look.at)
    if look.scaled_jobs:
        return scaled_job(look.scaled_jobs[0])
    return None


def scaled_object(found: Object, autoscalers: tuple[Object, ...] | None, now: float) -> Scaler:
    """Tell a ScaledObject, and its autoscaler if that is among those, at ``now``."""
    spec, status = found["spec"], found.get("status", {})
    hpa_name = status.get("hpaName")
    hpa = next((one for one in autoscalers or () if one["metadata"]["name"] == hpa_name), None)
    return Scaler(
        kind="ScaledObject",
        jobs=_jobs(found, hpa),
        minimum=spec.get("minReplicaCount", 0),
        maximum=spec.get("maxReplicaCount", _MAXIMUM),
        cooldown_period=spec.get("cooldownPeriod", _COOLDOWN),
        cooldown_left=cooldown_left(found, now),
        scale_in_paused=_annotated(found, "paused-scale-in"),
        scale_out_paused=_annotated(found, "paused-scale-out"),
        autoscaler=autoscaler(hpa) if hpa else None,
        **_shared(found),
    )


def scaled_job(found: Object) -> Scaler:
    """Tell a ScaledJob: it has no autoscaler and no cool-down, and its Jobs end by themselves."""
    spec = found["spec"]
    return Scaler(
        kind="ScaledJob",
        jobs=None,
        minimum=spec.get("minReplicaCount", 0),
        maximum=spec.get("maxReplicaCount", _MAXIMUM),
        cooldown_period=0,
        **_shared(found),
    )


def _shared(found: Object) -> dict:
    spec, trigger = found["spec"], found["spec"]["triggers"][0]
    return {
        "name": found["metadata"]["name"],
        "trigger": _trigger(trigger),
        "jobs_per_worker": _value(trigger),
        "polling_interval": spec.get("pollingInterval", _POLLING),
        "paused": _paused(found),
        "conditions": conditions(found.get("status", {}).get("conditions")),
    }


def _trigger(trigger: Object) -> str:
    queue = trigger["metadata"].get("queueName")
    return f"{trigger['type']} queue {queue}" if queue else trigger["type"]


def _value(trigger: Object) -> float:
    metadata = trigger["metadata"]
    number = amount(metadata.get("value") or metadata.get("queueLength")) or 1
    return int(number) if number == int(number) else number


def _paused(found: Object) -> bool:
    told = condition(found.get("status", {}).get("conditions"), "Paused")
    by_count = f"{_ANNOTATION}/paused-replicas" in found["metadata"].get("annotations", {})
    return by_count or _annotated(found, "paused") or truth(told.get("status")) is True


def _annotated(found: Object, name: str) -> bool:
    value = found["metadata"].get("annotations", {}).get(f"{_ANNOTATION}/{name}")
    return value is not None and value not in _FALSE


def _active(found: Object) -> bool | None:
    return truth(condition(found.get("status", {}).get("conditions"), "Active").get("status"))


def _reads_its_trigger(found: Object) -> bool:
    ready = condition(found.get("status", {}).get("conditions"), "Ready")
    return truth(ready.get("status")) is True


def _jobs(found: Object, hpa: Object | None) -> int | None:
    """Return what the scaler counted last, or None where only the queue itself can tell."""
    counted = hpa_jobs(hpa) if hpa else None
    if counted is not None:
        return counted
    activation = amount(found["spec"]["triggers"][0]["metadata"].get("activationValue", 0))
    idle = _active(found) is False and _reads_its_trigger(found)
    return 0 if idle and not activation else None


def hpa_jobs(hpa: Object) -> int | None:
    """Return the jobs that an autoscaler counted: their number per pod, times its pods.

    None while it does not look, as it does not while the target has no replicas.
    """
    status = hpa.get("status", {})
    if truth(condition(status.get("conditions"), "ScalingActive").get("status")) is not True:
        return None
    average = amount(_current(status).get("averageValue"))
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
        current=status.get("currentReplicas"),
        jobs_per_worker=amount(_current(status).get("averageValue")),
        conditions=conditions(status.get("conditions")),
    )


def cooldown_left(found: Object, now: float) -> float | None:
    """Return the seconds until KEDA scales to zero; None where that is not ahead.

    It counts from the last active look; from the object's creation if there was none yet,
    and then its initial cool-down.
    """
    spec, status = found["spec"], found.get("status", {})
    if spec.get("minReplicaCount", 0) > 0 or _active(found) is not False:
        return None
    if _paused(found) or _annotated(found, "paused-scale-in"):
        return None
    since = seconds(status.get("lastActiveTime"))
    period = spec.get("cooldownPeriod", _COOLDOWN)
    if since is None:
        since = seconds(found["metadata"]["creationTimestamp"])
        period = spec.get("initialCooldownPeriod", 0)
    # Clocks differ: never tell more than the whole of it.
    return min(max(0.0, since + period - now), float(period))
