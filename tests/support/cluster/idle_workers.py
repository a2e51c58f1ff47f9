"""A Deployment named worker whose pods do nothing, for tests of its scaling."""

from typing import Any

_GPU = "nvidia.com/gpu"


def idle_workers(namespace: str, gpus: int = 0, **resources: dict[str, str]) -> dict[str, Any]:
    """Return the Deployment, at zero replicas.

    Args:
        namespace: the Deployment's.
        gpus: of each pod.
        resources: of its container.

    """
    labels = {"app.kubernetes.io/name": "worker"}
    if gpus:
        resources["limits"] = {_GPU: str(gpus)}
    container = {"name": "pause", "image": "pause"} | (
        {"resources": resources} if resources else {}
    )
    tolerations = [{"key": _GPU, "operator": "Exists"}] if gpus else []
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "worker", "namespace": namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container], "tolerations": tolerations},
            },
        },
    }
