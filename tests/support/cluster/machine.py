"""Simulated machines with GPUs, with the labels of GKE."""

from dataclasses import dataclass

_LABELS = {
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "topology.kubernetes.io/zone": "europe-west4-a",
}
# GKE and the GPU operator add it, so that only pods that use a GPU are scheduled there.
_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


@dataclass(frozen=True)
class Machine:
    """One machine of a node pool."""

    name: str
    pool: str = "default"
    gpus: int = 0
    product: str = "NVIDIA-L4"
    spot: bool = False

    def node(self) -> dict:
        """Return its Node object, without the status."""
        specific = {
            "kubernetes.io/hostname": self.name,
            "cloud.google.com/gke-nodepool": self.pool,
            "node.kubernetes.io/instance-type": "g2-standard-8" if self.gpus else "e2-standard-8",
        }
        return {
            "metadata": {"name": self.name, "labels": _LABELS | specific | self._gpu_labels()},
            "spec": {"taints": [_TAINT] if self.gpus else []},
        }

    def capacity(self) -> dict[str, str]:
        """Return its capacity for pods."""
        gpus = {"nvidia.com/gpu": str(self.gpus)} if self.gpus else {}
        return {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "200Gi"} | gpus

    def _gpu_labels(self) -> dict[str, str]:
        if not self.gpus:
            return {}
        return {
            "nvidia.com/gpu.product": self.product,
            "nvidia.com/gpu.count": str(self.gpus),
            "cloud.google.com/gke-accelerator": self.product.lower(),
            **({"cloud.google.com/gke-spot": "true"} if self.spot else {}),
        }
