"""A whole cluster: control plane, KEDA, and nodes that join and leave."""

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
from tests.support.cluster.pod_runner import PodContext
from tests.support.cluster.service_network import ServiceProxy
from tests.support.cluster.volumes import volumes
from tests.support.cluster.warm_process import warm_up


class Cluster:
    """Runs until it is stopped, or until the process that started it ends.

    Args:
        folder: an empty folder, for data and logs.
        services: the addresses of the cluster's Services: ``{"rabbitmq:5672": "127.0.0.1:40001"}``.
        size: the limits of the GPU node pool.
        pull_seconds: how long a node takes to pull an image.

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
        self.kubelet = Kubelet(self._pod_context(folder, services, pull_seconds))
        self.pool = NodePool(self.api, self.kubelet, size or PoolSize())
        self._running = ExitStack()

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        warm_up()
        for server in (self.control_plane, self.proxy, self.keda, self.kubelet, self.pool):
            self._running.callback(server.stop)
            server.start()
        self.control_plane.apply(volumes())
        self.kubelet.join(Machine("system-pool-1"))

    def stop(self) -> None:
        """Stop everything, in reverse order of the start."""
        self._running.close()

    def client(self) -> ApiClient:
        """Return a client with the rights of an administrator."""
        return new_client_from_config(str(self.control_plane.kubeconfig))

    def _pod_context(
        self, folder: Path, services: Mapping[str, str], pull_seconds: float
    ) -> PodContext:
        (folder / "pods").mkdir()
        return PodContext(
            api=self.api,
            images=project_images(folder / "images"),
            services=services,
            folder=folder / "pods",
            pull_seconds=pull_seconds,
            kubeconfig_of=self.control_plane.kubeconfig_of,
        )
