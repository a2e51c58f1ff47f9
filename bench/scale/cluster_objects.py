"""Fill a real API server with workers' pods on GPU nodes, and change them."""

import copy
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dashboard.fleet.kubernetes.client import Object, connect, request
from tests.support.cluster.control_plane import ControlPlane
from tests.support.cluster.keda import CUSTOM_RESOURCES
from tests.support.cluster.machine import Machine
from tests.support.kubernetes_objects import recorded

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

NAMESPACE = "stable-diffusion"
GPUS_PER_NODE = 10
_PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
_IMAGES_PER_NODE = 50
"""The maximum in a node's status, and most of its size."""
_SERVER_FIELDS = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generateName")
_THREADS = 8


def prepare(plane: ControlPlane) -> None:
    """Create the namespace and KEDA's kinds, without any controller."""
    plane.kubectl("create", "namespace", NAMESPACE)
    plane.kubectl("create", "serviceaccount", "default", "--namespace", NAMESPACE)
    plane.kubectl("apply", "--server-side", "--filename", str(CUSTOM_RESOURCES))
    plane.kubectl("wait", "--for=condition=Established", "--filename", str(CUSTOM_RESOURCES))
    deployment = recorded("deployment")
    metadata = {"name": "worker", "namespace": NAMESPACE}
    plane.apply(
        {key: deployment[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": metadata}
    )


def fill(first: int, last: int) -> None:
    """Create the pods of these numbers, running and ready, and their nodes."""
    api = connect(_THREADS)
    with ThreadPoolExecutor(_THREADS) as threads:
        nodes = range(first // GPUS_PER_NODE, last // GPUS_PER_NODE)
        list(threads.map(lambda number: _create_node(api, number), nodes))
        list(threads.map(lambda number: _create_pod(api, number), range(first, last)))


def change(first: int, count: int, per_second: float, seconds: float) -> None:
    """Change the status of one pod after the other, at this rate."""
    api, began = connect(1), time.monotonic()
    for index in range(int(per_second * seconds)):
        time.sleep(max(0.0, began + index / per_second - time.monotonic()))
        _set_status(api, first + index % count)


def _create_node(api: "ApiClient", number: int) -> None:
    machine = Machine(f"gpu-{number}", "gpu", gpus=GPUS_PER_NODE, spot=True)
    images = [
        {"names": [f"registry.example.org/team/image-{each}@sha256:{'0' * 64}"]}
        for each in range(_IMAGES_PER_NODE)
    ]
    ready = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
    status = {"conditions": ready, "images": images}
    status |= {"capacity": machine.capacity(), "allocatable": machine.capacity()}
    request(
        api, "POST", "/api/v1/nodes", body={"apiVersion": "v1", "kind": "Node"} | machine.node()
    )
    request(api, "PATCH", f"/api/v1/nodes/{machine.name}/status", body={"status": status})


def _create_pod(api: "ApiClient", number: int) -> None:
    pod = copy.deepcopy(_template())
    pod["metadata"]["name"] = _name(number)
    pod["spec"]["nodeName"] = f"gpu-{number // GPUS_PER_NODE}"
    request(api, "POST", _PODS, body=pod)
    _set_status(api, number)


def _template() -> Object:
    pod = recorded("placed_pod")
    metadata = {key: value for key, value in pod["metadata"].items() if key not in _SERVER_FIELDS}
    metadata.pop("ownerReferences", None)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod["spec"]}


def _set_status(api: "ApiClient", number: int) -> None:
    request(api, "PATCH", f"{_PODS}/{_name(number)}/status", body={"status": _running()})


def _running() -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    names = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    conditions = [{"type": each, "status": "True", "lastTransitionTime": now} for each in names]
    container = {
        "name": "worker",
        "image": "registry.example.org/worker:1",
        "imageID": f"registry.example.org/worker@sha256:{'0' * 64}",
        "containerID": f"containerd://{'0' * 64}",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": now}},
        "lastState": {},
    }
    return {"phase": "Running", "conditions": conditions, "containerStatuses": [container]}


def _name(number: int) -> str:
    return f"worker-{number:05}"
