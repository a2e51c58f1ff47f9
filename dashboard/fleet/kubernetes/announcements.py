"""What autoscalers of nodes announce about a pod, from its events.

Sources:
    Cluster autoscaler: TriggeredScaleUp, NotTriggerScaleUp; FailedScaleUp on GKE.
    Karpenter, pkg/controllers/provisioning/scheduling/events.go: Nominated, FailedScheduling,
    NoCompatibleInstanceTypes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.event_times import last_seen

_GROUPS = re.compile(r"\[\{(.*)\}\]")


@dataclass(frozen=True)
class Announcement:
    """What an autoscaler announced about a pod."""

    text: str
    is_coming: bool
    """Whether a node was requested for the pod."""


def newest_announcements(events: Iterable[Object]) -> dict[str, Announcement]:
    """Return the newest announcement about each pod, by the pod's uid."""
    found: dict[str, Announcement] = {}
    pod_events = (event for event in events if event["involvedObject"].get("kind") == "Pod")
    for event in sorted(pod_events, key=last_seen):
        if announcement := _announcement(event):
            found[event["involvedObject"].get("uid", "")] = announcement
    return found


def _announcement(event: Object) -> Announcement | None:
    reason, message = event.get("reason"), (event.get("message") or "").strip()
    after = message.partition(": ")[2] or message
    if reason == "TriggeredScaleUp":
        groups = _GROUPS.search(message)
        detail = f": {groups[1]}" if groups else ""
        return Announcement(f"the cluster autoscaler adds one{detail}", is_coming=True)
    if reason == "NotTriggerScaleUp":
        return Announcement(f"the cluster autoscaler adds none: {after}", is_coming=False)
    if reason == "FailedScaleUp":
        return Announcement(f"none could be added: {message}", is_coming=False)
    if reason == "Nominated":
        return Announcement(f"Karpenter has one for it: {after}", is_coming=True)
    if _is_karpenter(event) and event.get("type") == "Warning":
        return Announcement(f"Karpenter adds none: {message}", is_coming=False)
    return None


def _is_karpenter(event: Object) -> bool:
    component = (event.get("source") or {}).get("component") or event.get("reportingComponent")
    return (component or "").startswith("karpenter")
