"""A Deployment named worker whose pods do nothing, for tests of its scaling."""

from typing import Any


def idle_workers(namespace: str, **resources: dict[str, str]) -> dict[str, Any]:
    """Return the Deployment, at zero replicas; ``resources`` are those of its container."""
    labels = {"app.kubernetes.io/name": "worker"}
    container = {"name": "pause", "image": "pause"} | (
        {"resources": resources} if resources else {}
    )
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "worker", "namespace": namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
