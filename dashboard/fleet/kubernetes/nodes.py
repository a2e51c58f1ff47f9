"""GPU nodes: what each has, and how much of it is used."""

from collections import Counter
from collections.abc import Iterable

from dashboard.domain.fleet import Node
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import (
    GPU,
    condition,
    condition_status,
    gpus_of,
    parse_quantity,
    seconds,
)

_PRODUCT = ("nvidia.com/gpu.product", "cloud.google.com/gke-accelerator")
_POOL = (
    "cloud.google.com/gke-nodepool",
    "karpenter.sh/nodepool",
    "eks.amazonaws.com/nodegroup",
    "kubernetes.azure.com/agentpool",
)
_SPOT = {
    "cloud.google.com/gke-spot": "true",
    "karpenter.sh/capacity-type": "spot",
    "eks.amazonaws.com/capacityType": "SPOT",
    "kubernetes.azure.com/scalesetpriority": "spot",
}
_DRIVER = "gpu.nvidia.com"
"""NVIDIA's driver for dynamic resource allocation."""


def gpu_nodes(
    nodes: Iterable[Object],
    slices: Iterable[Object] | None,
    pods: Iterable[Object] | None,
) -> tuple[Node, ...]:
    """Tell the nodes that have GPUs, or are made to have them, oldest first.

    Args:
        nodes: all nodes of the cluster.
        slices: ResourceSlices, in which drivers tell of devices; None if unknown.
        pods: those of this namespace, which is all that the dashboard may read; None if
            unknown.

    """
    devices = devices_by_node(slices or ())
    used = None if pods is None else slots_used(pods)
    found = [_node(one, devices, used) for one in nodes if _has_gpus(one, devices)]
    return tuple(sorted(found, key=lambda node: (node.since, node.name)))


def devices_by_node(slices: Iterable[Object]) -> dict[str, list[Object]]:
    """Collect the GPUs that are told for each node by dynamic resource allocation."""
    devices: dict[str, list[Object]] = {}
    for one in slices:
        spec = one["spec"]
        if spec.get("driver") == _DRIVER and spec.get("nodeName"):
            devices.setdefault(spec["nodeName"], []).extend(spec.get("devices") or ())
    return devices


def slots_used(pods: Iterable[Object]) -> Counter[str]:
    """Count the GPUs that pods hold on each node."""
    used: Counter[str] = Counter()
    for pod in pods:
        if pod["status"].get("phase") not in ("Succeeded", "Failed"):
            used[pod["spec"].get("nodeName", "")] += gpus_of(pod)
    return used


def _has_gpus(node: Object, devices: dict[str, list[Object]]) -> bool:
    labels, name = node["metadata"].get("labels", {}), node["metadata"]["name"]
    # Labels come with the machine; the GPUs themselves only when their driver runs.
    made_for_it = any(label in labels for label in _PRODUCT)
    return made_for_it or GPU in node.get("status", {}).get("capacity", {}) or name in devices


def _node(node: Object, devices: dict[str, list[Object]], used: Counter[str] | None) -> Node:
    metadata, status = node["metadata"], node.get("status", {})
    labels, name = metadata.get("labels", {}), metadata["name"]
    plugged = int(parse_quantity(status.get("allocatable", {}).get(GPU, 0)) or 0)
    slots = plugged or len(devices.get(name, ()))
    # Who holds a device that was allocated dynamically stands in claims, not in pods.
    is_told = used is not None and (plugged or name not in devices)
    answers = condition_status(condition(status.get("conditions"), "Ready").get("status")) is True
    return Node(
        name=name,
        product=_first(labels, _PRODUCT) or _told_product(devices.get(name)),
        slots=slots,
        slots_used=used[name] if is_told else None,
        ready=answers and slots > 0,
        since=seconds(metadata["creationTimestamp"]),
        spot=_is_spot(labels),
        pool=_first(labels, _POOL),
    )


def _told_product(devices: list[Object] | None) -> str | None:
    attributes = devices[0].get("attributes", {}) if devices else {}
    return attributes.get("productName", {}).get("string")


def _first(labels: dict[str, str], names: Iterable[str]) -> str | None:
    return next((labels[name] for name in names if name in labels), None)


def _is_spot(labels: dict[str, str]) -> bool | None:
    if any(labels.get(name) == value for name, value in _SPOT.items()):
        return True
    # A cloud that names its pools would have said so.
    return False if _first(labels, _POOL) else None
