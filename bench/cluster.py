"""Cost of polling a cluster of many workers, with a real API server and scheduler."""

import os
import tempfile
import time
from pathlib import Path

from kubernetes.client import AppsV1Api, CoreV1Api
from kubernetes.config import new_client_from_config

from bench.report import Figure, show
from dashboard.domain.journal import Journal
from dashboard.fleet.kubernetes.fleet import KubernetesFleet
from tests.support.cluster.control_plane import ControlPlane
from tests.support.cluster.keda import CUSTOM_RESOURCES
from tests.support.cluster.machine import Machine
from tests.support.conditions import wait_until
from tests.support.kubernetes_objects import recorded

_NAMESPACE = "stable-diffusion"
_IMAGES_PER_NODE = 50
"""The maximum in a node's status, and most of its size."""


def main(workers: int = 200, nodes: int = 100, polls: int = 30) -> None:
    """Poll once a second, as the dashboard does."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        plane = ControlPlane(Path(folder))
        try:
            plane.start()
            _populate(plane, workers, nodes)
            _measure(plane, workers, polls)
        finally:
            plane.stop()


def _populate(plane: ControlPlane, workers: int, nodes: int) -> None:
    plane.kubectl("create", "namespace", _NAMESPACE)
    plane.kubectl("apply", "--server-side", "--filename", str(CUSTOM_RESOURCES))
    client = new_client_from_config(str(plane.kubeconfig))
    core = CoreV1Api(client)
    for number in range(nodes):
        _add_node(core, Machine(f"gpu-{number}", "gpu", gpus=2, spot=True))
    deployment = recorded("deployment", spec={"replicas": workers})
    deployment["metadata"] = {"name": "worker"}
    AppsV1Api(client).create_namespaced_deployment(_NAMESPACE, deployment)


def _add_node(core: CoreV1Api, machine: Machine) -> None:
    core.create_node(machine.node())
    images = [
        {"names": [f"registry.example.org/team/image-{number}@sha256:{'0' * 64}"]}
        for number in range(_IMAGES_PER_NODE)
    ]
    ready = [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]
    status = {"conditions": ready, "images": images}
    status |= {"capacity": machine.capacity(), "allocatable": machine.capacity()}
    core.patch_node_status(machine.name, {"status": status})


def _measure(plane: ControlPlane, workers: int, polls: int) -> None:
    os.environ["KUBECONFIG"] = str(plane.kubeconfig)
    fleet = KubernetesFleet(_NAMESPACE, "worker", Journal())
    wait_until(
        lambda: _count_scheduled(fleet) == workers,
        timeout=120,
        what=f"{workers} pods are scheduled",
    )
    milliseconds, cpu, started = [], time.process_time(), time.monotonic()
    for _ in range(polls):
        before = time.monotonic()
        fleet.read()
        milliseconds.append(1000 * (time.monotonic() - before))
        time.sleep(1)
    share = 100 * (time.process_time() - cpu) / (time.monotonic() - started)
    title = f"Polling {workers} workers once a second"
    show(
        title, [Figure("one poll", tuple(milliseconds), "ms"), Figure("of one core", (share,), "%")]
    )


def _count_scheduled(fleet: KubernetesFleet) -> int:
    return sum(worker.node is not None for worker in fleet.read().workers)


if __name__ == "__main__":
    main()
