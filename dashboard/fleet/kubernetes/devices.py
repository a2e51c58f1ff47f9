"""GPUs of dynamic resource allocation (DRA): ResourceSlices offer them, ResourceClaims use them.

Sources:
    Kubernetes' resource.k8s.io API and the drivers of NVIDIA (``gpu.nvidia.com``; its MIG devices
    have the type ``mig`` and their GPU's ``parentUUID``), AMD (``gpu.amd.com``) and Intel
    (``gpu.intel.com``, ``gaudi.intel.com``).
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.fleet.kubernetes.client import Object

_GPU_DRIVER = re.compile(r"(gpu|gaudi)\..+")
_NAMES = ("productName", "product", "model", "family")


@dataclass(frozen=True)
class Device:
    """A GPU, or a part of one, that a driver offers."""

    key: tuple[str, str, str]
    """Driver, pool and name, by which claims refer to it."""
    node: str
    gpu: str
    """What identifies its GPU on the node."""
    product: str | None
    is_alternative: bool
    """Whether it is one of several ways to divide its GPU, of which not all exist at a time."""


def list_devices(slices: Iterable[Object]) -> tuple[Device, ...]:
    """Return the GPUs that dynamic resource allocation offers on nodes."""
    ours = [each for each in slices if _GPU_DRIVER.fullmatch(each["spec"].get("driver", ""))]
    newest: dict[tuple[str, str], int] = {}
    for each in ours:
        newest[_pool(each)] = max(newest.get(_pool(each), 0), _generation(each))
    # A driver replaces a pool's slices one by one; those of older generations are outdated.
    current = (each for each in ours if _generation(each) == newest[_pool(each)])
    return tuple(
        _device(each["spec"], device)
        for each in current
        if each["spec"].get("nodeName")
        for device in each["spec"].get("devices") or ()
    )


def count_slots(devices: Iterable[Device]) -> int:
    """Return how many of a node's devices can be in use at a time, as far as that is fixed."""
    devices = list(devices)
    fixed = sum(not device.is_alternative for device in devices)
    return fixed + len({device.gpu for device in devices if device.is_alternative})


def count_gpus(devices: Iterable[Device]) -> int:
    """Return the number of GPUs that devices are, or are parts of."""
    return len({device.gpu for device in devices})


def used_by_node(claims: Iterable[Object], devices: Iterable[Device]) -> Counter[str]:
    """Return the number of devices that claims have been given, by node."""
    nodes = {device.key: device.node for device in devices}
    allocated = {_key(result) for claim in claims for result in _results(claim)}
    return Counter(nodes[key] for key in allocated if key in nodes)


def _results(claim: Object) -> list[Object]:
    allocation = claim.get("status", {}).get("allocation") or {}
    results = (allocation.get("devices") or {}).get("results") or []
    # Monitors get devices that others use.
    return [result for result in results if not result.get("adminAccess")]


def _key(result: Object) -> tuple[str, str, str]:
    return result.get("driver", ""), result.get("pool", ""), result.get("device", "")


def _pool(resource_slice: Object) -> tuple[str, str]:
    spec = resource_slice["spec"]
    return spec["driver"], (spec.get("pool") or {}).get("name", spec.get("nodeName", ""))


def _generation(resource_slice: Object) -> int:
    generation: int = (resource_slice["spec"].get("pool") or {}).get("generation", 0)
    return generation


def _device(spec: Object, device: Object) -> Device:
    attributes = device.get("attributes") or device.get("basic", {}).get("attributes") or {}
    driver, pool = _pool({"spec": spec})
    gpu = _text(attributes, "parentUUID") or _text(attributes, "uuid") or device["name"]
    product = next((name for each in _NAMES if (name := _text(attributes, each))), None)
    is_alternative = bool(device.get("consumesCounters"))
    return Device((driver, pool, device["name"]), spec["nodeName"], gpu, product, is_alternative)


def _text(attributes: Object, name: str) -> str | None:
    """Return a text attribute, whose name may have the driver's domain in front."""
    for key, value in attributes.items():
        if key.rpartition("/")[2] == name:
            text: str | None = value.get("string")
            return text
    return None
