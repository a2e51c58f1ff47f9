"""What keeps a node from taking workers, by its conditions, taints and labels.

Sources:
    Kubernetes' well-known taints; Karpenter's (karpenter.sh/v1 and v1beta1), the cluster
    autoscaler's (utils/taints), GKE's, AWS's node termination handler's; NVIDIA's GPU operator's
    labels of driver upgrades and MIG changes.
"""

import re
from collections.abc import Iterator

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import (
    condition,
    condition_status,
    created_at,
    labels_of,
    optional_seconds,
    taints_of,
)

MAY_BE_REMOVED = "ready, may be removed soon"
_JOINING_SECONDS = 60.0
"""A node that has not been ready since it was registered so long ago is joining."""

_JOINING_TAINTS = re.compile(
    r"node\.(cloudprovider\.kubernetes\.io|cluster\.x-k8s\.io)/uninitialized"
    r"|karpenter\.sh/unregistered|.*/(agent|network|driver|cni)-not-ready"
    r"|node\.kubernetes\.io/network-unavailable|ebs\.csi\.aws\.com/agent-not-ready"
)
_PRESSURES = {
    "node.kubernetes.io/memory-pressure": "short of memory",
    "node.kubernetes.io/disk-pressure": "short of disk space",
    "node.kubernetes.io/pid-pressure": "short of process ids",
}
_REMOVERS = (
    (re.compile(r"karpenter\.sh/disrupt(ed|ion)"), "draining: Karpenter removes it"),
    (re.compile(r"ToBeDeletedBy\w*"), "draining: the cluster autoscaler removes it"),
    (re.compile(r"node\.cloudprovider\.kubernetes\.io/shutdown"), "shut down"),
    (re.compile(r"node\.kubernetes\.io/out-of-service"), "out of service"),
    (
        re.compile(
            r"cloud\.google\.com/impending-node-termination|aws-node-termination-handler/.+"
            r"|.*/(spot-)?(termination|interruption|eviction)(-notice|-scheduled)?"
        ),
        "draining: the cloud takes it back",
    ),
)
_CANDIDATES = re.compile(r"DeletionCandidateOf\w*|karpenter\.sh/candidate")
_AKS_EVENT = "VMEventScheduled"
_MIG_STATE = "nvidia.com/mig.config.state"
_DRIVER_UPGRADE = "nvidia.com/gpu-driver-upgrade-state"
_SETTLED_UPGRADES = ("", "upgrade-done", "upgrade-required", "upgrade-failed")


def describe_state(node: Object, slots: int) -> str:
    """Describe whether a node takes workers, and why not; ``ready`` if it does.

    Args:
        node: the API's object.
        slots: its allocatable GPUs or parts of them.

    """
    problems = [*_leaving(node), *_unusable(node, slots)]
    if problems:
        return ", ".join(dict.fromkeys(problems))
    is_candidate = any(_CANDIDATES.fullmatch(taint["key"]) for taint in taints_of(node))
    return MAY_BE_REMOVED if is_candidate else "ready"


def _leaving(node: Object) -> Iterator[str]:
    """Describe why pods leave the node or no new ones are placed on it."""
    keys = [taint["key"] for taint in taints_of(node)]
    removals = [text for key in keys for pattern, text in _REMOVERS if pattern.fullmatch(key)]
    if condition_status(node, _AKS_EVENT) and _is_preemption(node):
        removals.append("draining: the cloud takes it back")
    if node["metadata"].get("deletionTimestamp") and not removals:
        removals = ["being removed"]
    if removals:
        yield from removals
    elif node.get("spec", {}).get("unschedulable"):
        yield "cordoned"


def _is_preemption(node: Object) -> bool:
    found = condition(node, _AKS_EVENT)
    text = f"{found.get('reason')} {found.get('message')}".lower()
    return any(word in text for word in ("preempt", "terminate"))


def _unusable(node: Object, slots: int) -> Iterator[str]:
    """Describe why pods on the node would not run, or would find no GPU."""
    keys = [taint["key"] for taint in taints_of(node)]
    if condition_status(node, "Ready") is not True:
        yield _unready(node, keys)
        return
    if any(_JOINING_TAINTS.fullmatch(key) for key in keys):
        yield "joining"
    yield from (text for key, text in _PRESSURES.items() if key in keys)
    if slots <= 0:
        yield _without_slots(node)
    elif labels_of(node).get(_DRIVER_UPGRADE, "") not in _SETTLED_UPGRADES:
        yield "upgrading the GPU driver"


def _unready(node: Object, keys: list[str]) -> str:
    found = condition(node, "Ready")
    if found.get("status") == "Unknown" or "node.kubernetes.io/unreachable" in keys:
        return "unreachable: its kubelet does not report"
    changed_at = optional_seconds(found.get("lastTransitionTime"))
    since_creation = 0.0 if changed_at is None else changed_at - created_at(node)
    return "joining" if since_creation < _JOINING_SECONDS else "not ready"


def _without_slots(node: Object) -> str:
    labels = labels_of(node)
    if labels.get(_MIG_STATE) in ("pending", "rebooting"):
        return "configuring MIG"
    is_invalid = labels.get("nvidia.com/gpu.product", "").endswith("-MIG-INVALID")
    if is_invalid or labels.get(_MIG_STATE) == "failed":
        return "with an invalid MIG configuration"
    return "waiting for the GPU driver"
