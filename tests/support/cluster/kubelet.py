"""A stand-in for the kubelet: simulated machines whose pods are processes of this one.

It registers Nodes, keeps them ready, and runs the pods that the scheduler binds to them.
"""

import threading
from contextlib import suppress
from datetime import UTC, datetime

from kubernetes.client import CoordinationV1Api, CoreV1Api, V1Pod
from kubernetes.client.exceptions import ApiException
from kubernetes.watch import Watch
from urllib3.exceptions import HTTPError

from tests.support.cluster.machine import Machine
from tests.support.cluster.pod_runner import PodContext, PodRunner
from tests.support.cluster.pod_status import now

_RENEW_EVERY = 10.0
"""Seconds, as in the kubelet."""
_LEASES = "kube-node-lease"


class Kubelet:
    """Runs the pods of all its machines."""

    def __init__(self, context: PodContext) -> None:
        self._shared = context
        self._api: CoreV1Api = context.api
        self._leases = CoordinationV1Api(self._api.api_client)
        self._machines: dict[str, Machine] = {}
        self._runners: dict[str, PodRunner] = {}
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=f"kubelet {work.__name__}", daemon=True)
            for work in (self._watch, self._keep_ready)
        ]

    def start(self) -> None:
        """Start watching for pods."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Kill every pod's process."""
        self._stopping.set()
        for runner in list(self._runners.values()):
            runner.kill()

    def machines(self) -> tuple[Machine, ...]:
        """Return the current machines."""
        return tuple(self._machines.values())

    def join(self, machine: Machine) -> None:
        """Register a machine as a node that is ready for pods."""
        self._api.create_node(machine.node())
        self._machines[machine.name] = machine
        self._leases.create_namespaced_lease(_LEASES, _lease_of(machine))
        self._renew(machine)
        self._report(machine)

    def leave(self, name: str) -> None:
        """Remove a machine as a cloud does: its processes are killed at once."""
        del self._machines[name]
        self._api.delete_node(name)
        for runner in [runner for runner in self._runners.values() if runner.node == name]:
            runner.kill()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            # The API server may be unavailable, and ends each watch after some minutes.
            with suppress(ApiException, HTTPError, OSError):
                for event in Watch().stream(self._api.list_pod_for_all_namespaces):
                    self._handle(event["type"], event["object"])
            self._stopping.wait(0.5)

    def _handle(self, change: str, pod: V1Pod) -> None:
        """Handle a change of a pod."""
        if pod.spec.node_name not in self._machines or self._stopping.is_set():
            return
        runner = self._runners.get(pod.metadata.uid)
        if change == "DELETED":
            if runner:
                self._runners.pop(pod.metadata.uid)
                threading.Thread(target=runner.kill, daemon=True).start()
        elif runner is None and pod.status.phase == "Pending":
            runner = self._runners[pod.metadata.uid] = PodRunner(self._shared, pod)
        if runner and pod.metadata.deletion_timestamp:
            runner.delete(pod.metadata.deletion_grace_period_seconds or 0)

    def _keep_ready(self) -> None:
        while not self._stopping.wait(_RENEW_EVERY):
            for machine in self.machines():
                with suppress(ApiException, HTTPError, OSError):
                    self._renew(machine)

    def _report(self, machine: Machine) -> None:
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "lastHeartbeatTime": now(),
            "lastTransitionTime": now(),
        }
        status = {
            "capacity": machine.capacity(),
            "allocatable": machine.capacity(),
            "conditions": [ready],
            "nodeInfo": {"kubeletVersion": "v1.36.3"},
        }
        self._api.patch_node_status(machine.name, {"status": status})

    def _renew(self, machine: Machine) -> None:
        """Renew the machine's lease; without it the node becomes NotReady after 50 s."""
        spec = {"renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        self._leases.patch_namespaced_lease(machine.name, _LEASES, {"spec": spec})


def _lease_of(machine: Machine) -> dict:
    return {
        "metadata": {"name": machine.name},
        "spec": {"holderIdentity": machine.name, "leaseDurationSeconds": 40},
    }
