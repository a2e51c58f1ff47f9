"""Run a pod from its binding to a node until its deletion."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from kubernetes.client import CoreV1Api, V1Pod
from kubernetes.client.exceptions import ApiException, NotFoundException
from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed
from urllib3.exceptions import HTTPError

from tests.support.cluster.container_process import ContainerProcess
from tests.support.cluster.image import Image
from tests.support.cluster.pod_environment import environment_of
from tests.support.cluster.pod_events import emit_event
from tests.support.cluster.pod_status import now, pod_status, running, terminated, waiting
from tests.support.cluster.service_network import Services, translate

_POLL_INTERVAL = 0.3
"""Seconds between two checks of a process and its probes."""
_FIRST_BACK_OFF = 2.0
"""Seconds; the kubelet starts with 10."""
_MAX_BACK_OFF = 300.0


def _may_succeed_later(error: BaseException) -> bool:
    """Return whether a busy API server is the reason, and not that the pod is gone."""
    is_of_server = isinstance(error, ApiException | HTTPError)
    return is_of_server and not isinstance(error, NotFoundException)


_until_reported = retry(
    retry=retry_if_exception(_may_succeed_later),
    stop=stop_after_delay(60),
    wait=wait_fixed(0.5),
    reraise=True,
)
"""Repeats a report as the kubelet does: a pod whose end is not reported never ends."""


@dataclass(frozen=True)
class PodContext:
    """What all pods of a cluster share."""

    api: CoreV1Api
    images: Mapping[str, Image]
    """By name, without registry and tag; containers of other images are not started."""
    services: Services
    folder: Path
    """The folder of the pods' files and logs."""
    pull_seconds: float
    """How long a node takes to pull an image."""
    kubeconfig_of: Callable[[str, str], Path]
    """Returns the kubeconfig of a ServiceAccount in a namespace."""
    pulled: set[tuple[str, str]] = field(default_factory=set)
    """Pairs of node and image."""


class PodRunner:
    """Runs a pod of one container in a thread, and reports its status to the API server."""

    def __init__(self, context: PodContext, pod: V1Pod) -> None:
        self._shared = context
        self._pod = pod
        self._container = pod.spec.containers[0]
        self._restarts = 0
        self._last_state: dict | None = None
        self._grace = 0.0
        self._disrupted = False
        self._leaving = threading.Event()
        name = f"{pod.metadata.namespace}/{pod.metadata.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def node(self) -> str:
        """The node that the pod is on."""
        return self._pod.spec.node_name

    def delete(self, grace: float) -> None:
        """Handle the deletion of the pod: SIGTERM, and SIGKILL ``grace`` seconds later."""
        self._grace = grace
        self._leaving.set()

    def kill(self) -> None:
        """Kill the pod because its node or the pod itself is gone; return when it has ended."""
        self._disrupted = True
        self.delete(0.0)
        self._thread.join()

    def _run(self) -> None:
        # A pod may be deleted at any time; then its status cannot be reported.
        with suppress(ApiException, HTTPError):
            self._pull()
            self._run_until_over()
        with suppress(ApiException, HTTPError):
            self._leaving.wait()
            if self._disrupted:
                self._report_disruption()
            self._shared.api.delete_namespaced_pod(
                self._pod.metadata.name, self._pod.metadata.namespace, grace_period_seconds=0
            )

    def _pull(self) -> None:
        self._report("Pending", waiting("ContainerCreating"))
        image = self._container.image
        if (self.node, image) in self._shared.pulled:
            self._emit_event("Pulled", f'Container image "{image}" already present on machine')
            return
        self._emit_event("Pulling", f'Pulling image "{image}"')
        self._leaving.wait(self._shared.pull_seconds)
        self._shared.pulled.add((self.node, image))
        self._emit_event("Pulled", f'Successfully pulled image "{image}"')

    def _run_until_over(self) -> None:
        while not self._leaving.is_set():
            since = now()
            try:
                ended = self._run_once(since)
            except NotFoundException as error:
                self._report(
                    "Pending",
                    waiting("CreateContainerConfigError", json.loads(error.body)["message"]),
                )
                self._leaving.wait(_FIRST_BACK_OFF)
                continue
            if self._disrupted:
                return
            code, message = ended
            self._last_state = terminated(code, since, message)
            # Also for a deleted pod: its Job waits for the exit code.
            if self._leaving.is_set() or self._is_over(code):
                self._report("Failed" if code else "Succeeded", self._last_state)
                return
            self._back_off()

    def _run_once(self, since: str) -> tuple[int, str]:
        """Run the container until it ends or has to stop; return its exit code and log tail."""
        image = self._shared.images.get(_short_name(self._container.image))
        if image is None:
            self._report("Running", running(since), ready_since=since)
            self._leaving.wait()
            return 0, ""
        process = self._launch(image)
        try:
            self._report("Running", running(since))
            self._emit_event("Started", f"Started container {self._container.name}")
            self._wait_for_exit(process, since)
            self._stop(process)
        finally:
            process.kill()
        return process.exit_code, process.log_tail()

    def _launch(self, image: Image) -> ContainerProcess:
        folder = self._shared.folder / self._pod.metadata.name
        folder.mkdir(exist_ok=True)
        services = self._shared.services
        environment = environment_of(self._shared.api, self._pod, self._container)
        translated = {name: translate(services, value) for name, value in environment.items()}
        return ContainerProcess(image, self._container, translated | self._credentials(), folder)

    def _credentials(self) -> dict[str, str]:
        """Return the variables that lead to the pod's credentials, in place of a fixed path."""
        spec = self._pod.spec
        if spec.automount_service_account_token is False:
            return {}
        namespace = self._pod.metadata.namespace
        kubeconfig = self._shared.kubeconfig_of(spec.service_account_name, namespace)
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBECONFIG": str(kubeconfig)}

    def _wait_for_exit(self, process: ContainerProcess, since: str) -> None:
        """Report readiness once; return when the process has ended or has to stop."""
        is_ready = False
        while process.exit_code is None and not self._leaving.wait(_POLL_INTERVAL):
            if not is_ready and process.is_ready():
                is_ready = True
                self._report("Running", running(since), ready_since=now())

    def _stop(self, process: ContainerProcess) -> None:
        """Send SIGTERM and wait for the grace period."""
        if process.exit_code is not None:
            return
        process.request_stop()
        deadline = time.monotonic() + self._grace
        while process.exit_code is None and time.monotonic() < deadline:
            time.sleep(_POLL_INTERVAL)

    def _is_over(self, code: int) -> bool:
        policy = self._pod.spec.restart_policy
        return policy == "Never" or (policy == "OnFailure" and code == 0)

    def _back_off(self) -> None:
        self._restarts += 1
        pause = min(_MAX_BACK_OFF, _FIRST_BACK_OFF * 2 ** min(self._restarts - 1, 10))
        message = f"back-off {pause:g}s restarting failed container={self._container.name}"
        self._report("Running", waiting("CrashLoopBackOff", message))
        self._emit_event("BackOff", message.capitalize(), kind="Warning")
        self._leaving.wait(pause)

    @_until_reported
    def _report(self, phase: str, state: dict, ready_since: str | None = None) -> None:
        status = pod_status(
            self._pod,
            phase,
            state,
            ready_since=ready_since,
            restarts=self._restarts,
            last_state=self._last_state,
        )
        metadata = self._pod.metadata
        self._shared.api.patch_namespaced_pod_status(
            metadata.name, metadata.namespace, {"status": status}
        )

    @_until_reported
    def _report_disruption(self) -> None:
        """Report a disruption, which a Job does not count as a failed attempt."""
        # https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
        disrupted = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC"}
        metadata = self._pod.metadata
        self._shared.api.patch_namespaced_pod_status(
            metadata.name,
            metadata.namespace,
            {"status": {"phase": "Failed", "conditions": [disrupted]}},
        )

    def _emit_event(self, reason: str, message: str, kind: str = "Normal") -> None:
        with suppress(ApiException, HTTPError):  # events are best effort
            emit_event(self._shared.api, self._pod, reason, message, component="kubelet", kind=kind)


def _short_name(image: str) -> str:
    """Return an image's name: ``worker`` for ``registry:5000/team/worker:1@sha256:…``."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]
