"""A node pool that grows for pods that no node can take, and shrinks when it is idle.

What a cloud's cluster autoscaler does, in seconds and not minutes:
https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
"""

import itertools
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from kubernetes.client import CoreV1Api, V1Pod
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from tests.support.cluster.kubelet import Kubelet
from tests.support.cluster.machine import Machine
from tests.support.cluster.pod_events import tell

GPU = "nvidia.com/gpu"
_LOOK_EVERY = 0.5


@dataclass(frozen=True)
class PoolSize:
    """How large a pool of GPU machines may be, and how fast it changes. Times in seconds."""

    maximum: int = 4
    gpus_per_machine: int = 2
    boot_seconds: float = 3.0
    """From a pod that cannot be scheduled to a machine that is ready."""
    idle_seconds: float = 5.0
    """Without a pod that uses a GPU, until a machine is taken away."""


class NodePool:
    """Spot machines with GPUs, as many as the pods need, from none to the maximum."""

    def __init__(self, api: CoreV1Api, kubelet: Kubelet, size: PoolSize) -> None:
        self._api = api
        self._kubelet = kubelet
        self._size = size
        self._numbers = itertools.count(1)
        self._booting: list[float] = []
        """When each machine that was ordered will be there, in monotonic seconds."""
        self._idle_since: dict[str, float] = {}
        self._helped: set[str] = set()
        """Pods for which a machine was ordered."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="node pool", daemon=True)

    def start(self) -> None:
        """Begin to watch for pods that wait."""
        self._thread.start()

    def stop(self) -> None:
        """Change nothing any more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY):
            with suppress(ApiException, HTTPError, OSError):
                pods = self._api.list_pod_for_all_namespaces().items
                self._order(pods)
                self._deliver()
                self._take_away(pods)

    def _order(self, pods: list[V1Pod]) -> None:
        waiting = [pod for pod in pods if _is_unschedulable(pod) and _gpus(pod)]
        # A machine that has just joined is free for a moment: the scheduler is not that fast.
        names = {machine.name for machine in self._machines()}
        there = (len(self._booting) + len(names)) * self._size.gpus_per_machine
        used = sum(_gpus(pod) for pod in pods if pod.spec.node_name in names and _is_alive(pod))
        missing = sum(_gpus(pod) for pod in waiting) + used - there
        for _ in range(-(-missing // self._size.gpus_per_machine)):
            if len(self._machines()) + len(self._booting) < self._size.maximum:
                self._booting.append(time.monotonic() + self._size.boot_seconds)
                self._tell(waiting)

    def _deliver(self) -> None:
        for due in [due for due in self._booting if due <= time.monotonic()]:
            self._booting.remove(due)
            name = f"gpu-pool-{next(self._numbers)}"
            self._kubelet.join(Machine(name, "gpu", self._size.gpus_per_machine, spot=True))

    def _take_away(self, pods: list[V1Pod]) -> None:
        used = {pod.spec.node_name for pod in pods if _gpus(pod) and _is_alive(pod)}
        now = time.monotonic()
        for machine in self._machines():
            if machine.name in used:
                self._idle_since.pop(machine.name, None)
            elif now - self._idle_since.setdefault(machine.name, now) > self._size.idle_seconds:
                self._kubelet.leave(machine.name)

    def _machines(self) -> list[Machine]:
        return [machine for machine in self._kubelet.machines() if machine.gpus]

    def _tell(self, waiting: list[V1Pod]) -> None:
        for pod in waiting:
            if pod.metadata.uid not in self._helped:
                self._helped.add(pod.metadata.uid)
                message = f"pod triggered scale-up: gpu pool (max: {self._size.maximum})"
                tell(self._api, pod, "TriggeredScaleUp", message, component="cluster-autoscaler")


def _is_unschedulable(pod: V1Pod) -> bool:
    return not pod.spec.node_name and any(
        condition.type == "PodScheduled" and condition.reason == "Unschedulable"
        for condition in pod.status.conditions or ()
    )


def _is_alive(pod: V1Pod) -> bool:
    return pod.status.phase in ("Pending", "Running")


def _gpus(pod: V1Pod) -> int:
    limits = (container.resources.limits or {} for container in pod.spec.containers)
    return sum(int(limit.get(GPU, 0)) for limit in limits)
