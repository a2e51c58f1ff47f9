"""The cluster's events about scalers and workers, as the fleet's log."""

from collections.abc import Iterable

from dashboard.domain.fleet import FleetEvent
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.event_times import last_seen
from dashboard.fleet.kubernetes.values import truncate

_MAX_EVENTS = 50
_GROUP_SECONDS = 20.0
"""Similar events within this time are shown as one line."""
_SCALER_KINDS = ("ScaledObject", "ScaledJob", "HorizontalPodAutoscaler")
_POD_REASONS = (
    "Scheduled",
    "TriggeredScaleUp",
    "NotTriggerScaleUp",
    "Nominated",
    "ScaleDown",
    "TaintManagerEviction",
    "Pulling",
    "Pulled",
    "Killing",
    "Preempted",
    "Evicted",
)
"""The events of worker pods that are shown beside warnings."""


def fleet_events(
    events: Iterable[Object], scaler: str, pods: frozenset[str]
) -> tuple[FleetEvent, ...]:
    """Return the newest events of the scaler and the workers, oldest first.

    Args:
        events: all events of the namespace.
        scaler: the name of the ScaledObject or ScaledJob.
        pods: the names of the workers' pods.

    """
    relevant = [event for event in events if _is_relevant(event, scaler, pods)]
    newest = sorted(_group(relevant), key=lambda event: event.at)
    return tuple(newest[-_MAX_EVENTS:])


def newest_reasons(events: Iterable[Object]) -> dict[str, str]:
    """Return the reason of the newest event about each pod, by the pod's uid."""
    pod_events = [event for event in events if event["involvedObject"].get("kind") == "Pod"]
    pod_events.sort(key=last_seen)
    return {event["involvedObject"].get("uid", ""): event.get("reason", "") for event in pod_events}


def _is_relevant(event: Object, scaler: str, pods: frozenset[str]) -> bool:
    involved = event["involvedObject"]
    kind, name = involved.get("kind"), involved.get("name", "")
    if kind in _SCALER_KINDS:
        return scaler in name
    is_warning = event.get("type") == "Warning"
    if kind == "Pod":
        is_worker = name in pods or name.startswith(f"{scaler}-")
        return is_worker and (is_warning or event.get("reason") in _POD_REASONS)
    return bool(is_warning and name.startswith(scaler))


def _group(events: Iterable[Object]) -> list[FleetEvent]:
    """Combine similar events of several objects at nearly the same time into one line."""
    groups: list[list[Object]] = []
    newest_groups: dict[str, list[Object]] = {}
    for event in sorted(events, key=last_seen):
        key = _group_key(event)
        group = newest_groups.get(key)
        if group and last_seen(event) - last_seen(group[-1]) <= _GROUP_SECONDS:
            group.append(event)
        else:
            newest_groups[key] = [event]
            groups.append(newest_groups[key])
    return [FleetEvent(last_seen(group[-1]), _line(group)) for group in groups]


def _group_key(event: Object) -> str:
    is_routine = event["involvedObject"].get("kind") == "Pod" and event.get("type") == "Normal"
    return event.get("reason" if is_routine else "message") or ""


def _line(group: list[Object]) -> str:
    text, involved = _text(group[-1]), group[-1]["involvedObject"]
    names = {event["involvedObject"].get("name") for event in group}
    if len(names) > 1:
        same_message = len({event.get("message") for event in group}) == 1
        return f"{len(names)} workers{'' if same_message else ', the last of them'}: {text}"
    is_named = involved.get("kind") in _SCALER_KINDS or involved.get("name", "") in text
    return text if is_named else f"{involved.get('name')}: {text}"


def _text(event: Object) -> str:
    text = event.get("message") or ""
    # The scheduler's second sentence is about preemption.
    return truncate(text.partition(". ")[0] if event.get("reason") == "FailedScheduling" else text)
