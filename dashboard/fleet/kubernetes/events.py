"""The cluster's own log: what KEDA, the autoscaler, the scheduler and the kubelets did."""

from collections.abc import Iterable

from dashboard.domain.fleet import FleetEvent
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import seconds, truncate

_MOST = 50
_TOGETHER = 20.0
"""Seconds between events that one line tells."""
_SCALERS = ("ScaledObject", "ScaledJob", "HorizontalPodAutoscaler")
_TOLD = (
    "Scheduled",
    "TriggeredScaleUp",
    "NotTriggerScaleUp",
    "Pulling",
    "Pulled",
    "Killing",
    "Preempted",
    "Evicted",
)
"""What is told of a worker's pod beside warnings; the rest is chatter."""


def fleet_events(
    events: Iterable[Object], scaler: str, pods: frozenset[str]
) -> tuple[FleetEvent, ...]:
    """Tell the newest events of the scaler and the workers, oldest first.

    Args:
        events: those of the namespace.
        scaler: the name of the ScaledObject or ScaledJob.
        pods: the names of the workers' pods.

    """
    told = [event for event in events if _concerns(event, scaler, pods)]
    newest = sorted(_grouped(told), key=lambda event: event.at)
    return tuple(newest[-_MOST:])


def newest_reasons(events: Iterable[Object]) -> dict[str, str]:
    """Return the reason of the newest event about each pod, by the pod's uid."""
    about = [event for event in events if event["involvedObject"].get("kind") == "Pod"]
    about.sort(key=happened_at)
    return {event["involvedObject"].get("uid", ""): event.get("reason", "") for event in about}


def happened_at(event: Object) -> float:
    """Return when an event happened last, in Unix seconds; there are three ways to write it."""
    series = event.get("series") or {}
    stamps = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    written = next((stamp for stamp in stamps if stamp), event["metadata"]["creationTimestamp"])
    return seconds(written)


def _concerns(event: Object, scaler: str, pods: frozenset[str]) -> bool:
    about = event["involvedObject"]
    kind, name = about.get("kind"), about.get("name", "")
    if kind in _SCALERS:
        return scaler in name
    warns = event.get("type") == "Warning"
    if kind == "Pod":
        is_worker = name in pods or name.startswith(f"{scaler}-")
        return is_worker and (warns or event.get("reason") in _TOLD)
    return warns and name.startswith(scaler)


def _grouped(events: Iterable[Object]) -> list[FleetEvent]:
    """Make one line of what happened to several objects alike, and nearly at once."""
    groups: list[list[Object]] = []
    open_groups: dict[str, list[Object]] = {}
    for event in sorted(events, key=happened_at):
        text = _likeness(event)
        group = open_groups.get(text)
        if group and happened_at(event) - happened_at(group[-1]) <= _TOGETHER:
            group.append(event)
        else:
            open_groups[text] = [event]
            groups.append(open_groups[text])
    return [FleetEvent(happened_at(group[-1]), _line(group)) for group in groups]


def _likeness(event: Object) -> str:
    """Return what two events share that one line can tell."""
    routine = event["involvedObject"].get("kind") == "Pod" and event.get("type") == "Normal"
    return event.get("reason", "") if routine else event.get("message") or ""


def _line(group: list[Object]) -> str:
    text, about = _words(group[-1]), group[-1]["involvedObject"]
    names = {event["involvedObject"].get("name") for event in group}
    if len(names) > 1:
        alike = len({event.get("message") for event in group}) == 1
        return f"{len(names)} workers{'' if alike else ', the last of them'}: {text}"
    named = about.get("kind") in _SCALERS or about.get("name", "") in text
    return text if named else f"{about.get('name')}: {text}"


def _words(event: Object) -> str:
    text = event.get("message") or ""
    # The scheduler's second sentence is about pods that it might evict.
    return truncate(text.partition(". ")[0] if event.get("reason") == "FailedScheduling" else text)
