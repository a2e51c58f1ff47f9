"""Why a pod has no node yet, from the scheduler's message and the autoscaler's events.

Sources:
    kube-scheduler's pkg/scheduler/framework/types.go (FitError: "0/3 nodes are available: 1 node(s)
    were unschedulable, 2 Insufficient nvidia.com/gpu. preemption: …").
"""

import re

from dashboard.fleet.kubernetes.announcements import Announcement
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.resources import is_gpu, wants_gpu
from dashboard.fleet.kubernetes.state import State
from dashboard.fleet.kubernetes.values import condition, condition_status, created_at, truncate

_INSUFFICIENT = re.compile(r"(?:\d+ )?Insufficient (\S+)")
_OTHER_NODES = re.compile(r"\d+ node\(s\) (?!had volume).*(taint|selector|affinity).*")
"""The scheduler's reason for nodes that are for other pods."""
_NO_CLAIM_DEVICES = re.compile(r".*(cannot allocate all claims|resourceclaim).*", re.IGNORECASE)
_PERMANENT = re.compile(
    r"were unschedulable|volume node affinity conflict|not found|lost PersistentVolume",
    re.IGNORECASE,
)
"""Reasons that end only when a person changes something: cordoned nodes, pinned volumes."""
_NO_NODES = "no nodes available"


def unscheduled(pod: Object, announcement: Announcement | None) -> State:
    """Return the state of a pod without a node.

    Args:
        pod: the API's object.
        announcement: what an autoscaler announced about the pod last; None if nothing.

    """
    since = created_at(pod)
    if condition_status(pod, "PodScheduled") is not False:
        return State("pending", "waits for the scheduler", since)
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("reason") == "SchedulingGated":
        return State("pending", _describe_gates(pod), since)
    if nominated := pod["status"].get("nominatedNodeName"):
        return State("pending", f"waits for other pods to leave {nominated}", since)
    reason = _describe(pod, scheduled.get("message") or "", announcement)
    return State("pending", truncate(reason), since)


def _describe_gates(pod: Object) -> str:
    names = [gate["name"] for gate in pod["spec"].get("schedulingGates") or () if "name" in gate]
    return "waits for its scheduling gates" + (f": {', '.join(names)}" if names else "")


def _describe(pod: Object, message: str, announcement: Announcement | None) -> str:
    """Return what the pod waits for, what is announced, and all reasons of the scheduler."""
    reasons = _reasons(message)
    lead = "waits for a GPU node" if _lacks_gpu(pod, message, reasons) else "waits for a node"
    details = f" ({reasons})" if reasons else ""
    if announcement:
        return f"{lead}; {announcement.text}{'' if announcement.is_coming else details}"
    help_text = "; waiting may not help" if _PERMANENT.search(reasons) else ""
    return f"{lead}{details}{help_text}"


def _reasons(message: str) -> str:
    if message.startswith(_NO_NODES):
        return ""
    _, separator, reasons = message.partition("available: ")
    # The next sentence is about preemption.
    return (reasons if separator else message).partition(". ")[0].rstrip(".")


def _lacks_gpu(pod: Object, message: str, reasons: str) -> bool:
    """Return whether GPUs are missing, or all nodes are for other pods, or there is no node."""
    if not wants_gpu(pod):
        return False
    resources = (match[1] for match in _INSUFFICIENT.finditer(reasons))
    if any(is_gpu(resource.rstrip(",.")) for resource in resources):
        return True
    # Commas separate reasons; each begins with the number of its nodes.
    parts = re.split(r", (?=\d)", reasons) if reasons else []
    others = (_OTHER_NODES.fullmatch(part) or _NO_CLAIM_DEVICES.fullmatch(part) for part in parts)
    return all(others) if parts else message.startswith(_NO_NODES) or not message
