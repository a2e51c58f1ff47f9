"""A node pool that grows for unschedulable pods and shrinks when it is idle.

It works like the cluster autoscaler of a cloud, in seconds instead of minutes:
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
from tests.support.cluster.pod_events import emit_event

GPU = "nvidia.com/gpu"
_POLL_INTERVAL = 0.5


@dataclass(frozen=True)
class PoolSize:
    """The limits of a pool of GPU machines, and how fast it changes."""

    maximum: int = 4
    gpus_per_machine: int = 2
    boot_seconds: float = 3.0
    """From an unschedulable pod to a machine that is ready."""
    idle_seconds: float = 5.0
    """Without a pod that uses a GPU, until a machine is removed."""


class NodePool:
    """Spot machines with GPUs, as many as the pods need, from none to the maximum."""

    def __init__(self, api: CoreV1Api, kubelet: Kubelet, size: PoolSize) -> None:
        self._api = api
        self._kubelet = kubelet
        self._size = size
        self._numbers = itertools.count(1)
        self._booting: list[float] = []
        """When each requested machine will join, in monotonic seconds."""
        self._idle_since: dict[str, float] = {}
        self._triggered_by: set[str] = set()
        """Pods that triggered a scale-up."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="node pool", daemon=True)

    def start(self) -> None:
        """Start watching for unschedulable pods."""
        self._thread.start()

    def stop(self) -> None:
        """Stop changing the pool."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_POLL_INTERVAL):
            with suppress(ApiException, HTTPError, OSError):
                pods = self._api.list_pod_for_all_namespaces().items
                self._scale_up(pods)
                self._join_booted()
                self._remove_idle(pods)

    def _scale_up(self, pods: list[V1Pod]) -> None:
        waiting = [pod for pod in pods if _is_unschedulable(pod) and _gpus(pod)]
        # A machine that has just joined is free until the scheduler binds a pod to it.
        names = {machine.name for machine in self._machines()}
        total = (len(self._booting) + len(names)) * self._size.gpus_per_machine
        used = sum(_gpus(pod) for pod in pods if pod.spec.node_name in names and _is_alive(pod))
        missing = sum(_gpus(pod) for pod in waiting) + used - total
        for _ in range(-(-missing // self._size.gpus_per_machine)):
            if len(self._machines()) + len(self._booting) < self._size.maximum:
                self._booting.append(time.monotonic() + self._size.boot_seconds)
                self._emit_scale_up(waiting)

    def _join_booted(self) -> None:
        for due in [due for due in self._booting if due <= time.monotonic()]:
            self._booting.remove(due)
            name = f"gpu-pool-{next(self._numbers)}"
            self._kubelet.join(Machine(name, "gpu", self._size.gpus_per_machine, spot=True))

    def _remove_idle(self, pods: list[V1Pod]) -> None:
        used = {pod.spec.node_name for pod in pods if _gpus(pod) and _is_alive(pod)}
        now = time.monotonic()
        for machine in self._machines():
            if machine.name in used:
                self._idle_since.pop(machine.name, None)
            elif now - self._idle_since.setdefault(machine.name, now) > self._size.idle_seconds:
                self._kubelet.leave(machine.name)

    def _machines(self) -> list[Machine]:
        return [machine for machine in self._kubelet.machines() if machine.gpus]

    def _emit_scale_up(self, waiting: list[V1Pod]) -> None:
        for pod in waiting:
            if pod.metadata.uid not in self._triggered_by:
                self._triggered_by.add(pod.metadata.uid)
                message = f"pod triggered scale-up: gpu pool (max: {self._size.maximum})"
                emit_event(
                    self._api, pod, "TriggeredScaleUp", message, component="cluster-autoscaler"
                )


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
