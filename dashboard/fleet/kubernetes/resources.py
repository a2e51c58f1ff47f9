"""Which extended resources are GPUs, and how many of them a pod requests.

Sources:
    The device plugins of NVIDIA (``nvidia.com/gpu``, ``gpu.shared``, ``mig-1g.5gb``, and names
    of one's own by its ``resources`` and ``rename`` settings), AMD (``amd.com/gpu``,
    ``amd.com/cpx_nps4``), Intel (``gpu.intel.com/i915``, ``xe``; ``habana.ai/gaudi``), and the
    sharing schedulers HAMi, Volcano, Alibaba's and Tencent's, which have amounts of memory and
    cores beside the GPUs.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.values import annotations_of, number

_GPUS = re.compile(
    r"nvidia\.com/.+"
    r"|(amd\.com|beta\.amd\.com)/[sdtqc]px(_nps\d+)?"
    r"|gpu\.intel\.com/.+|habana\.ai/.*gaudi.*|intel\.com/.*gaudi.*"
    r"|cambricon\.com/v?mlu.*|hygon\.com/dcu.*|enflame\.com/gcu|huawei\.com/ascend.*"
    r"|[^/]+/(.*[-_.])?v?gpus?([-_.\d].*)?",
    re.IGNORECASE,
)
_AMOUNTS = re.compile(
    r"(^|[-_./]|gpu)mem(ory)?([-_./]|$)|cores?([-_./]|$)|percent|count$|tflops|tiles$|_monitoring$",
    re.IGNORECASE,
)
"""What schedulers and monitors have beside GPUs: amounts of a GPU, and views of all of them."""
_NETWORK = re.compile(
    r"rdma|hostdev|hca|roce|infiniband|sriov|mlx|mlnx|imex|switch|[/_.-](ib|nic)s?([-_.\d]|$)",
    re.IGNORECASE,
)
"""Network devices and channels, which NVIDIA's operators name ``nvidia.com/…`` as well."""
_ANY_SHARE = re.compile(r"gpu|vcuda", re.IGNORECASE)
_SHARE_ANNOTATIONS = ("gpu-fraction", "gpu-memory")
"""Parts of a GPU that Run:ai's and NVIDIA's KAI schedulers give to a pod."""
_FINISHED = ("Succeeded", "Failed")


@cache
def is_gpu(resource: str) -> bool:
    """Return whether an extended resource counts GPUs or parts of them that a pod can get."""
    is_other = _AMOUNTS.search(resource) or _NETWORK.search(resource)
    return bool(_GPUS.fullmatch(resource)) and not is_other


def gpu_resources(quantities: Mapping[str, str] | None) -> dict[str, int]:
    """Return the GPUs among the quantities of a node or a container, zero included."""
    return {
        resource: int(number(quantity) or 0)
        for resource, quantity in (quantities or {}).items()
        if is_gpu(resource)
    }


def gpus_of(pod: Object) -> int | None:
    """Return the number of GPU slots that a pod gets; None if it requests a part of a GPU.

    Init containers run before the others, except those that stay (``restartPolicy: Always``).
    """
    spec = pod["spec"]
    before = spec.get("initContainers") or ()
    beside = [each for each in before if each.get("restartPolicy") == "Always"]
    together = sum(_gpu_limits(each) for each in (*spec["containers"], *beside))
    slots = max([together, *(_gpu_limits(each) for each in before)])
    return None if not slots and _requests_share(pod) else slots


def wants_gpu(pod: Object) -> bool:
    """Return whether a pod requests GPUs, parts of them, or devices by ResourceClaims."""
    return gpus_of(pod) != 0 or bool(pod["spec"].get("resourceClaims"))


def is_finished(pod: Object) -> bool:
    """Return whether a pod has ended, which frees what it requested."""
    return pod["status"].get("phase") in _FINISHED


def _gpu_limits(container: Object) -> int:
    return sum(gpu_resources(_quantities(container)).values())


def _requests_share(pod: Object) -> bool:
    names: Iterable[str] = (
        name for each in pod["spec"]["containers"] for name in _quantities(each) if "/" in name
    )
    is_annotated = any(name in annotations_of(pod) for name in _SHARE_ANNOTATIONS)
    return is_annotated or any(_ANY_SHARE.search(name) for name in names)


def _quantities(container: Object) -> dict[str, str]:
    # Requests and limits of extended resources are equal, but only one of them may be written.
    resources = container.get("resources") or {}
    return (resources.get("requests") or {}) | (resources.get("limits") or {})
