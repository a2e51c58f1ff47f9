"""A whole cluster: control plane, KEDA, and machines that come and go."""

from collections.abc import Mapping
from pathlib import Path

from kubernetes.client import ApiClient, CoreV1Api
from kubernetes.config import new_client_from_config

from tests.cluster.control_plane import ControlPlane
from tests.cluster.image import project_images
from tests.cluster.keda import Keda
from tests.cluster.kubelet import Kubelet
from tests.cluster.machine import Machine
from tests.cluster.node_pool import NodePool, PoolSize
from tests.cluster.pod_runner import Surroundings
from tests.cluster.service_network import ServiceProxy
from tests.cluster.volumes import volumes


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
        self._folder = folder
        self._services = services
        self._size = size or PoolSize()
        self._pull_seconds = pull_seconds

    def start(self) -> None:
        """Start everything and wait until it answers."""
        self.control_plane.start()
        self.proxy.start()
        self.keda.start()
        self.control_plane.apply(volumes())
        self.api = CoreV1Api(self.client())
        self.kubelet = Kubelet(self._surroundings())
        self.kubelet.start()
        self.kubelet.join(Machine("system-pool-1"))
        self.pool = NodePool(self.api, self.kubelet, self._size)
        self.pool.start()

    def stop(self) -> None:
        """End everything at once, in an order in which nothing is missed."""
        self.pool.stop()
        self.kubelet.stop()
        self.keda.stop()
        self.proxy.stop()
        self.control_plane.stop()

    def client(self) -> ApiClient:
        """Return a client that may do everything."""
        return new_client_from_config(str(self.control_plane.kubeconfig))

    def _surroundings(self) -> Surroundings:
        pods = self._folder / "pods"
        pods.mkdir()
        return Surroundings(
            api=self.api,
            images=project_images(self._folder / "images"),
            services=self._services,
            folder=pods,
            pull_seconds=self._pull_seconds,
            kubeconfig_of=self.control_plane.kubeconfig_of,
        )
