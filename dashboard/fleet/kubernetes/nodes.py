"""GPU nodes: the GPUs of each, the slots that they are divided into, and how many are in use."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from dashboard.domain.fleet import Node
from dashboard.fleet.kubernetes.capacity import capacity_type, pool_of
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.devices import (
    Device,
    count_gpus,
    count_slots,
    list_devices,
    used_by_node,
)
from dashboard.fleet.kubernetes.gpu_count import gpu_count
from dashboard.fleet.kubernetes.memo import Memo
from dashboard.fleet.kubernetes.node_state import MAY_BE_REMOVED, describe_state
from dashboard.fleet.kubernetes.resources import gpu_resources, gpus_of, is_finished, is_gpu
from dashboard.fleet.kubernetes.values import created_at, labels_of, number

_PRODUCT_LABELS = (
    "nvidia.com/gpu.product",
    "cloud.google.com/gke-accelerator",
    "amd.com/gpu.product-name",
    "beta.amd.com/gpu.product-name",
    "gpu.intel.com/product",
    "karpenter.k8s.aws/instance-gpu-name",
    "karpenter.azure.com/sku-gpu-name",
    "k8s.amazonaws.com/accelerator",
    "aliyun.accelerator/nvidia_name",
    "gpu.nvidia.com/model",
    "gpu.nvidia.com/class",
)
_GPU_LABELS = re.compile(
    r"nvidia\.com/gpu\.(present|count|deploy\..+)|(beta\.)?amd\.com/gpu\..+|gpu\.intel\.com/.+"
    r"|kops\.k8s\.io/gpu|kubernetes\.azure\.com/accelerator"
    r"|(intel\.)?feature\.node\.kubernetes\.io/(gpu|amd-gpu|pci-(\d{4}_)?10de\.present"
    r"|pci-(0302|0380|1200)_(1002|8086|1da3)\.present)"
)
"""Labels that announce GPUs before their driver runs, beside those of the product."""
_SHARED_GPU_COUNT = "aliyun.com/gpu-count"
"""GPUs of which pods request amounts of memory (``aliyun.com/gpu-mem``)."""


@dataclass(frozen=True)
class _Use:
    """What uses the GPUs, by node; None if it could not be read."""

    slots: Counter[str] | None
    """Slots of pods."""
    shares: frozenset[str]
    """Nodes with pods that use parts of slots."""
    devices: Counter[str] | None
    """Devices of ResourceClaims."""


@dataclass(frozen=True)
class _NodeContext:
    """What is known about a node beside its object; None for numbers that are unknown."""

    devices: tuple[Device, ...]
    slots_used: int | None
    devices_used: int | None


@dataclass(frozen=True)
class NodeConversions:
    """What earlier readings converted already."""

    slots: Memo[None, int | None] = field(
        default_factory=lambda: Memo(lambda pod, _: 0 if is_finished(pod) else gpus_of(pod))
    )
    """The slots of each pod."""
    nodes: Memo[_NodeContext, Node | None] = field(default_factory=lambda: Memo(_convert))


def gpu_nodes(
    nodes: Iterable[Object],
    slices: Iterable[Object] | None,
    pods: Iterable[Object] | None,
    claims: Iterable[Object] | None = None,
    conversions: NodeConversions | None = None,
) -> tuple[Node, ...]:
    """Return the nodes that have GPUs, or whose labels announce GPUs, oldest first.

    Args:
        nodes: all nodes of the cluster.
        slices: the ResourceSlices of dynamic resource allocation; None if unknown.
        pods: those of this namespace, since the dashboard may not read others; None if unknown.
        claims: the ResourceClaims of this namespace; None if unknown.
        conversions: those of earlier calls.

    """
    conversions = conversions or NodeConversions()
    devices = list_devices(slices or ())
    by_node: dict[str, list[Device]] = {}
    for device in devices:
        by_node.setdefault(device.node, []).append(device)
    use = _use(pods, claims, devices, conversions.slots)
    found = conversions.nodes.values((node, _context(node, by_node, use)) for node in nodes)
    return tuple(sorted(filter(None, found), key=lambda node: (node.since, node.name)))


def _use(
    pods: Iterable[Object] | None,
    claims: Iterable[Object] | None,
    devices: tuple[Device, ...],
    memo: Memo[None, int | None],
) -> _Use:
    slots: Counter[str] = Counter()
    shares = set()
    pods_read = tuple(pods or ())
    requests = memo.values((pod, None) for pod in pods_read)
    for pod, requested in zip(pods_read, requests, strict=True):
        node = pod["spec"].get("nodeName", "")
        if requested is None:
            shares.add(node)
        elif requested:
            slots[node] += requested
    return _Use(
        slots=None if pods is None else slots,
        shares=frozenset(shares),
        devices=None if claims is None else used_by_node(claims, devices),
    )


def _context(node: Object, devices: dict[str, list[Device]], use: _Use) -> _NodeContext:
    name = node["metadata"]["name"]
    used = [
        None if counts is None or name in use.shares else counts[name]
        for counts in (use.slots, use.devices)
    ]
    return _NodeContext(tuple(devices.get(name, ())), *used)


def _has_gpus(node: Object, devices: tuple[Device, ...]) -> bool:
    # A node has its labels at once, but GPUs only after their driver has started.
    labels = labels_of(node)
    is_labelled = any(
        labels[name] != "false" and (name in _PRODUCT_LABELS or _GPU_LABELS.fullmatch(name))
        for name in labels
    )
    capacity = node.get("status", {}).get("capacity") or {}
    has_resource = any(is_gpu(name) or name == _SHARED_GPU_COUNT for name in capacity)
    return is_labelled or has_resource or bool(devices)


def _convert(node: Object, context: _NodeContext) -> Node | None:
    """Convert a node; return None for one without GPUs."""
    devices = context.devices
    if not _has_gpus(node, devices):
        return None
    labels = labels_of(node)
    plugin_slots = _plugin_slots(node)
    slots = plugin_slots or count_slots(devices)
    # Devices of claims are no slots of a device plugin, where a node has both.
    has_plugin = plugin_slots or not devices
    state = describe_state(node, slots)
    product = next((labels[each] for each in _PRODUCT_LABELS if each in labels), None)
    return Node(
        name=node["metadata"]["name"],
        product=product or next((device.product for device in devices), None),
        slots=slots,
        slots_used=context.slots_used if has_plugin else context.devices_used,
        ready=state in ("ready", MAY_BE_REMOVED),
        since=created_at(node),
        pool=pool_of(node),
        capacity_type=capacity_type(node),
        gpus=gpu_count(node) or _shared_gpus(node) or count_gpus(devices) or None,
        state=state,
    )


def _plugin_slots(node: Object) -> int:
    allocatable = node.get("status", {}).get("allocatable")
    return sum(gpu_resources(allocatable).values()) or _shared_gpus(node)


def _shared_gpus(node: Object) -> int:
    allocatable = node.get("status", {}).get("allocatable") or {}
    return int(number(allocatable.get(_SHARED_GPU_COUNT, 0)) or 0)
