"""GPU nodes: the GPUs of each, and how many are in use."""

from collections import Counter
from collections.abc import Iterable

from dashboard.domain.fleet import Node
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import (
    GPU,
    condition_status,
    created_at,
    gpus_of,
    number,
)

_PRODUCT_LABELS = ("nvidia.com/gpu.product", "cloud.google.com/gke-accelerator")
_POOL_LABELS = (
    "cloud.google.com/gke-nodepool",
    "karpenter.sh/nodepool",
    "eks.amazonaws.com/nodegroup",
    "kubernetes.azure.com/agentpool",
)
_SPOT_LABELS = {
    "cloud.google.com/gke-spot": "true",
    "karpenter.sh/capacity-type": "spot",
    "eks.amazonaws.com/capacityType": "SPOT",
    "kubernetes.azure.com/scalesetpriority": "spot",
}
_DRA_DRIVER = "gpu.nvidia.com"
"""NVIDIA's driver for dynamic resource allocation (DRA)."""


def gpu_nodes(
    nodes: Iterable[Object],
    slices: Iterable[Object] | None,
    pods: Iterable[Object] | None,
) -> tuple[Node, ...]:
    """Return the nodes that have GPUs, or whose labels announce GPUs, oldest first.

    Args:
        nodes: all nodes of the cluster.
        slices: the ResourceSlices of dynamic resource allocation; None if unknown.
        pods: those of this namespace, since the dashboard may not read others; None if unknown.

    """
    devices = devices_by_node(slices or ())
    used = None if pods is None else slots_used(pods)
    found = [_convert(node, devices, used) for node in nodes if _has_gpus(node, devices)]
    return tuple(sorted(found, key=lambda node: (node.since, node.name)))


def devices_by_node(slices: Iterable[Object]) -> dict[str, list[Object]]:
    """Return the GPUs that dynamic resource allocation reports, by node."""
    devices: dict[str, list[Object]] = {}
    for resource_slice in slices:
        spec = resource_slice["spec"]
        if spec.get("driver") == _DRA_DRIVER and spec.get("nodeName"):
            devices.setdefault(spec["nodeName"], []).extend(spec.get("devices") or ())
    return devices


def slots_used(pods: Iterable[Object]) -> Counter[str]:
    """Return the number of GPUs that pods use, by node."""
    used: Counter[str] = Counter()
    for pod in pods:
        if pod["status"].get("phase") not in ("Succeeded", "Failed"):
            used[pod["spec"].get("nodeName", "")] += gpus_of(pod)
    return used


def _has_gpus(node: Object, devices: dict[str, list[Object]]) -> bool:
    labels, name = node["metadata"].get("labels", {}), node["metadata"]["name"]
    # A node has its labels at once, but GPUs only after their driver has started.
    is_labelled = any(label in labels for label in _PRODUCT_LABELS)
    return is_labelled or GPU in node.get("status", {}).get("capacity", {}) or name in devices


def _convert(node: Object, devices: dict[str, list[Object]], used: Counter[str] | None) -> Node:
    metadata, status = node["metadata"], node.get("status", {})
    labels, name = metadata.get("labels", {}), metadata["name"]
    plugin_slots = int(number(status.get("allocatable", {}).get(GPU, 0)) or 0)
    slots = plugin_slots or len(devices.get(name, ()))
    # Dynamically allocated devices are listed in ResourceClaims, not in pods.
    if name in devices and not plugin_slots:
        used = None
    return Node(
        name=name,
        product=_first_label(labels, _PRODUCT_LABELS) or _device_product(devices.get(name)),
        slots=slots,
        slots_used=None if used is None else used[name],
        ready=condition_status(node, "Ready") is True and slots > 0,
        since=created_at(node),
        spot=_is_spot(labels),
        pool=_first_label(labels, _POOL_LABELS),
    )


def _device_product(devices: list[Object] | None) -> str | None:
    attributes = devices[0].get("attributes", {}) if devices else {}
    product: str | None = attributes.get("productName", {}).get("string")
    return product


def _first_label(labels: dict[str, str], names: Iterable[str]) -> str | None:
    return next((labels[name] for name in names if name in labels), None)


def _is_spot(labels: dict[str, str]) -> bool | None:
    if any(labels.get(name) == value for name, value in _SPOT_LABELS.items()):
        return True
    # A provider that labels its pools labels spot nodes too.
    return False if _first_label(labels, _POOL_LABELS) else None
