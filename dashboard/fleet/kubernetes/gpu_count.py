"""How many GPUs a node has, however many slots they are divided into.

Sources:
    GPU feature discovery, internal/lm/mig-strategy.go (``nvidia.com/gpu.count`` counts whole
    GPUs, and MIG devices with the strategy ``single``) and resource.go (``replicas``).
    GKE: ``cloud.google.com/gke-max-shared-clients-per-gpu`` and ``gke-gpu-partition-size``.
    NVIDIA's Multi-Instance GPU user guide: devices of each profile per GPU.
"""

import re
from collections.abc import Mapping
from math import ceil

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.resources import gpu_resources
from dashboard.fleet.kubernetes.values import annotations_of, labels_of, number

_COUNT_LABELS = (
    "karpenter.k8s.aws/instance-gpu-count",
    "karpenter.azure.com/sku-gpu-count",
    "cloud.google.com/gke-accelerator-count",
    "aliyun.accelerator/nvidia_count",
    "gpu.nvidia.com/count",
)
"""Labels of clouds and autoscalers, which count whole GPUs and are there before the driver."""
_DISCOVERED = "nvidia.com/gpu.count"
_INTEL_COUNT = re.compile(r"gpu\.intel\.com/device-id\..+\.count")
_REPLICA_LABELS = ("nvidia.com/gpu.replicas", "cloud.google.com/gke-max-shared-clients-per-gpu")
_PARTITION_SIZE = "cloud.google.com/gke-gpu-partition-size"
_PRODUCT = "nvidia.com/gpu.product"
_MIG_PROFILE = re.compile(r"mig-(\d)g\.(\d+)gb", re.IGNORECASE)
_AMD_PARTITION = re.compile(r"amd\.com/([sdtqc])px")
_AMD_PARTITIONS_PER_GPU = {"s": 1, "d": 2, "t": 3, "q": 4, "c": 8}
_HAMI_REGISTER = "hami.io/node-nvidia-register"
_UUID = re.compile(r"GPU-[0-9a-fA-F-]{36}")

_DEVICES_PER_GPU = {1: 7, 2: 3, 3: 2, 4: 1, 7: 1}
"""MIG devices on a GPU of seven compute slices, by the slices of a device."""
_FEWER_DEVICES = {"1g.6gb": 4, "1g.20gb": 4, "1g.24gb": 4, "1g.35gb": 4, "1g.45gb": 4, "2g.12gb": 2}
"""Profiles that take two memory slices for one of compute, and GPUs of four slices."""


def gpu_count(node: Object) -> int | None:
    """Return the number of GPUs of a node, as clouds bill them; None if it cannot be determined.

    Without a label that counts them it is derived from the slots: MIG devices are taken to
    fill their GPUs, and slots without a sign of sharing are whole GPUs.
    """
    labels = labels_of(node)
    return _labelled(labels) or _registered(node) or _derived(node, labels)


def _labelled(labels: Mapping[str, str]) -> int | None:
    names = [*_COUNT_LABELS]
    # With MIG's strategy "single" this label counts the MIG devices.
    if "-MIG-" not in labels.get(_PRODUCT, ""):
        names.append(_DISCOVERED)
    counts = (number(labels[name]) for name in names if name in labels)
    if count := next((int(count) for count in counts if count), None):
        return count
    intel = sum(number(labels[name]) or 0 for name in labels if _INTEL_COUNT.fullmatch(name))
    return int(intel) or None


def _registered(node: Object) -> int | None:
    """Return the GPUs that HAMi's device plugin registered, each of which it offers many times."""
    return len(set(_UUID.findall(annotations_of(node).get(_HAMI_REGISTER, "")))) or None


def _derived(node: Object, labels: Mapping[str, str]) -> int | None:
    status = node.get("status", {})
    slots = gpu_resources(status.get("capacity") or status.get("allocatable"))
    if not any(slots.values()) or (_is_shared(slots, labels) and not _replicas(labels)):
        return None
    profile = labels.get(_PARTITION_SIZE) or labels.get(_PRODUCT, "").partition("-MIG-")[2]
    devices: dict[str, float] = {}
    whole = 0.0
    for resource, count in slots.items():
        name = f"mig-{profile}" if profile and resource == "nvidia.com/gpu" else resource
        number_of = count / (_replicas(labels, resource) or 1)
        if match := _MIG_PROFILE.search(name):
            devices[match[0].lower()] = devices.get(match[0].lower(), 0) + number_of
        else:
            whole += number_of / _amd_partitions(resource)
    return ceil(whole) + _mig_gpus(devices, labels)


def _is_shared(slots: Mapping[str, int], labels: Mapping[str, str]) -> bool:
    return (
        any(resource.endswith(".shared") for resource in slots)
        or labels.get(_PRODUCT, "").endswith("-SHARED")
        or labels.get("nvidia.com/gpu.sharing-strategy", "none") != "none"
    )


def _replicas(labels: Mapping[str, str], resource: str = "nvidia.com/gpu") -> int | None:
    """Return into how many slots time-slicing or MPS divides each device; None if unknown."""
    own = f"{resource.removesuffix('.shared')}.replicas"
    names = (own, *_REPLICA_LABELS) if "mig-" not in resource else (own,)
    counts = (number(labels[name]) for name in names if name in labels)
    return next((int(count) for count in counts if count), None)


def _amd_partitions(resource: str) -> int:
    match = _AMD_PARTITION.search(resource)
    return _AMD_PARTITIONS_PER_GPU[match[1]] if match else 1


def _mig_gpus(devices: Mapping[str, float], labels: Mapping[str, str]) -> int:
    """Return the fewest GPUs that can have these MIG devices, by profile."""
    if not devices:
        return 0
    slices = sum(_slices(profile) * count for profile, count in devices.items())
    by_profile = (count / _devices_per_gpu(name, labels) for name, count in devices.items())
    return max(ceil(slices / 7), *(ceil(count) for count in by_profile))


def _slices(profile: str) -> int:
    return int(profile.removeprefix("mig-").partition("g")[0])


def _devices_per_gpu(profile: str, labels: Mapping[str, str]) -> int:
    name = profile.removeprefix("mig-")
    if name == "1g.10gb" and "40GB" in labels.get(_PRODUCT, ""):
        return 4
    return _FEWER_DEVICES.get(name) or _DEVICES_PER_GPU.get(_slices(profile), 1)
