"""KEDA's ScaledObject or ScaledJob, and the autoscaler that it drives, as one Scaler.

Source: KEDA's apis/keda/v1alpha1/*_types.go and pkg/scaling/executor/scale_scaledobjects.go
(cool-down, pauses).
"""

from dataclasses import dataclass, replace

from dashboard.domain.fleet import Condition, Scaler
from dashboard.fleet.kubernetes.autoscaler import autoscaler, jobs_counted
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.cluster import ClusterSnapshot
from dashboard.fleet.kubernetes.values import (
    condition,
    condition_status,
    conditions,
    parse_quantity,
    seconds,
)

_POLLING = 30
"""Seconds; KEDA's default, as the next two are."""
_COOLDOWN = 300
_MAXIMUM = 100
_MISSED_LOOKS = 3
_CLOCKS_DIFFER = 30.0
"""Seconds."""
_ANNOTATION = "autoscaling.keda.sh"
_FALSE = ("0", "f", "F", "false", "False", "FALSE")
"""What KEDA takes for no; any other value of its annotations is a yes."""


@dataclass(frozen=True)
class ActiveScaler:
    """The one object that scales, of either kind; both None if there is none or none was read."""

    scaled_object: Object | None = None
    scaled_job: Object | None = None
    both: bool = False
    """Two scale at once: then the ScaledObject is told."""


def active_scaler(cluster: ClusterSnapshot) -> ActiveScaler:
    """Choose the scaler that is told; one that is being deleted scales no more."""
    lasting, single = _staying(cluster.scaled_objects), _staying(cluster.scaled_jobs)
    return ActiveScaler(lasting, None if lasting else single, bool(lasting and single))


def _staying(found: tuple[Object, ...] | None) -> Object | None:
    staying = (one for one in found or () if not one["metadata"].get("deletionTimestamp"))
    return next(staying, None)


def scaler_of(one: ActiveScaler, cluster: ClusterSnapshot) -> Scaler | None:
    """Tell the scaler that was active_scaler; None if there is none or it could not be read."""
    if one.scaled_object:
        return scaled_object(one.scaled_object, cluster.autoscalers, cluster.at)
    if one.scaled_job:
        return scaled_job(one.scaled_job, cluster.at)
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
        **_shared(found, now),
    )


def scaled_job(found: Object, now: float) -> Scaler:
    """Tell a ScaledJob at ``now``; it has no cool-down, since its Jobs end by themselves."""
    spec = found["spec"]
    return Scaler(
        kind="ScaledJob",
        jobs=None,
        minimum=spec.get("minReplicaCount", 0),
        maximum=spec.get("maxReplicaCount", _MAXIMUM),
        cooldown_period=0,
        **_shared(found, now),
    )


def _shared(found: Object, now: float) -> dict:
    spec, trigger = found["spec"], found["spec"]["triggers"][0]
    return {
        "name": found["metadata"]["name"],
        "trigger": _trigger(trigger),
        "jobs_per_worker": _value(trigger),
        "polling_interval": spec.get("pollingInterval", _POLLING),
        "paused": _paused(found),
        "conditions": _conditions(found, now),
    }


def _conditions(found: Object, now: float) -> tuple[Condition, ...]:
    """Tell what KEDA says of the object; and if KEDA is silent, that, since it cannot."""
    told = conditions(found.get("status", {}).get("conditions"))
    if not told:
        return (Condition("Ready", False, "KEDA has not looked at it yet"),)
    silent = _silence(found, now)
    if silent is None:
        return told
    why = f"KEDA has not looked at the queue for {silent:.0f} s; its operator may be away"
    return tuple(
        replace(one, status=False, message=why) if one.name == "Ready" else one for one in told
    )


def _silence(found: Object, now: float) -> float | None:
    """Return for how many seconds KEDA missed its looks; None if it did not, or may not look.

    While it is active it writes the time of each look. Idle, it writes none.
    """
    spec, looked = found["spec"], seconds(found.get("status", {}).get("lastActiveTime"))
    held = _paused(found) or _annotated(found, "paused-scale-out")
    if looked is None or held or not _active(found) or spec.get("minReplicaCount", 0):
        return None
    patience = _MISSED_LOOKS * spec.get("pollingInterval", _POLLING) + _CLOCKS_DIFFER
    return now - looked if now - looked > patience else None


def _trigger(trigger: Object) -> str:
    queue = trigger["metadata"].get("queueName")
    return f"{trigger['type']} queue {queue}" if queue else trigger["type"]


def _value(trigger: Object) -> float:
    metadata = trigger["metadata"]
    number = parse_quantity(metadata.get("value") or metadata.get("queueLength")) or 1
    return int(number) if number == int(number) else number


def _paused(found: Object) -> bool:
    told = condition(found.get("status", {}).get("conditions"), "Paused")
    by_count = f"{_ANNOTATION}/paused-replicas" in found["metadata"].get("annotations", {})
    return by_count or _annotated(found, "paused") or condition_status(told.get("status")) is True


def _annotated(found: Object, name: str) -> bool:
    value = found["metadata"].get("annotations", {}).get(f"{_ANNOTATION}/{name}")
    return value is not None and value not in _FALSE


def _active(found: Object) -> bool | None:
    return condition_status(
        condition(found.get("status", {}).get("conditions"), "Active").get("status")
    )


def _reads_its_trigger(found: Object) -> bool:
    ready = condition(found.get("status", {}).get("conditions"), "Ready")
    return condition_status(ready.get("status")) is True


def _jobs(found: Object, hpa: Object | None) -> int | None:
    """Return what the scaler counted last, or None where only the queue itself can tell."""
    counted = jobs_counted(hpa) if hpa else None
    if counted is not None:
        return counted
    activation = parse_quantity(found["spec"]["triggers"][0]["metadata"].get("activationValue", 0))
    idle = _active(found) is False and _reads_its_trigger(found)
    return 0 if idle and not activation else None


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
