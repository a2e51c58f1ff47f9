"""A scaled Deployment with its autoscaler, and the dashboard that reads them."""

from dataclasses import dataclass
from functools import cached_property

from kubernetes.client import AppsV1Api, AutoscalingV2Api, V1Deployment

from dashboard.fleet.scaling_rule import ScalingPolicy
from dashboard.runtime.context import AppContext
from tests.support.cluster.cluster import Cluster


@dataclass(frozen=True)
class ScaledFleet:
    """A dashboard, and the scaler and workers that it reads."""

    cluster: Cluster
    namespace: str
    context: AppContext

    @cached_property
    def apps(self) -> AppsV1Api:
        """The API of Deployments."""
        return AppsV1Api(self.cluster.client())

    @cached_property
    def autoscaling(self) -> AutoscalingV2Api:
        """The API of autoscalers."""
        return AutoscalingV2Api(self.cluster.client())

    def replicas(self) -> int:
        """Return the workers that are wanted, as the API server has them."""
        return self._workers().spec.replicas or 0

    def ready(self) -> int:
        """Return the workers that are ready."""
        return self._workers().status.ready_replicas or 0

    def done(self) -> int:
        """Return the finished jobs."""
        return sum(view.state == "done" for view in self.context.sampler.snapshot().jobs)

    def gpu_nodes(self) -> int:
        """Return the GPU nodes."""
        return sum(bool(machine.gpus) for machine in self.cluster.kubelet.machines())

    def has_applied(self, policy: ScalingPolicy) -> bool:
        """Return whether KEDA has given a policy to the autoscaler, and its minimum is ready."""
        [scaler] = self.autoscaling.list_namespaced_horizontal_pod_autoscaler(self.namespace).items
        window = scaler.spec.behavior.scale_down.stabilization_window_seconds
        limits = scaler.spec.max_replicas, window
        is_limited = limits == (policy.maximum, policy.down.window)
        return is_limited and self.replicas() == self.ready() == policy.minimum

    def _workers(self) -> V1Deployment:
        return self.apps.read_namespaced_deployment("worker", self.namespace)
