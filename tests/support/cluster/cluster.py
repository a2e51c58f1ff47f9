"""A whole cluster: control plane, KEDA, and machines that come and go."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from kubernetes.client import ApiClient, CoreV1Api
from kubernetes.config import new_client_from_config

from tests.support.cluster.control_plane import ControlPlane
from tests.support.cluster.image import project_images
from tests.support.cluster.keda import Keda
from tests.support.cluster.kubelet import Kubelet
from tests.support.cluster.machine import Machine
from tests.support.cluster.node_pool import NodePool, PoolSize
from tests.support.cluster.pod_runner import Surroundings
from tests.support.cluster.service_network import ServiceProxy
from tests.support.cluster.volumes import volumes
from tests.support.cluster.warm_process import warm_up


class Cluster:
    """Runs until it is stopped, or until its process ends, however that comes about.

    Args:
        folder: an empty folder, for data and logs.
        services: where the cluster's Services are: ``{"rabbitmq:5672": "127.0.0.1:40001"}``.
        size: how the pool of GPU machines changes.
        pull_seconds: how long a machine needs for an image that it does not have.

    """

    def __init__(
        self,
        folder: Path,
        services: Mapping[str, str],
        size: PoolSize | None = None,
        pull_seconds: float = 1.0,
    ) -> None:
        self.control_plane = ControlPlane(folder)
        self.proxy = ServiceProxy(services)
        self.keda = Keda(self.control_plane, self.proxy.url)
        self.api = CoreV1Api(self.client())
        self.kubelet = Kubelet(self._surroundings(folder, services, pull_seconds))
        self.pool = NodePool(self.api, self.kubelet, size or PoolSize())
        self._running = ExitStack()

    def start(self) -> None:
        """Start everything and wait until it answers."""
        warm_up()
        for part in (self.control_plane, self.proxy, self.keda, self.kubelet, self.pool):
            self._running.callback(part.stop)
            part.start()
        self.control_plane.apply(volumes())
        self.kubelet.join(Machine("system-pool-1"))

    def stop(self) -> None:
        """End everything at once, the last one first."""
        self._running.close()

    def client(self) -> ApiClient:
        """Return a client that may do everything."""
        return new_client_from_config(str(self.control_plane.kubeconfig))

    def _surroundings(
        self, folder: Path, services: Mapping[str, str], pull_seconds: float
    ) -> Surroundings:
        (folder / "pods").mkdir()
        return Surroundings(
            api=self.api,
            images=project_images(folder / "images"),
            services=services,
            folder=folder / "pods",
            pull_seconds=pull_seconds,
            kubeconfig_of=self.control_plane.kubeconfig_of,
        )
