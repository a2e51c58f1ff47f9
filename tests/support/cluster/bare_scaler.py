"""The ScaledObject of the manifests in a namespace of its own, with other waits."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.support.cluster.control_plane import ControlPlane

_OVERLAY = Path(__file__).parents[3] / "k8s" / "overlays" / "cpu" / "scaledobject"


def bare_scaler(plane: ControlPlane, namespace: str, behavior: dict, **spec: object) -> list[dict]:
    """Return the ScaledObject and its authentication.

    Args:
        plane: whose kubectl builds the manifests.
        namespace: of both.
        behavior: of the autoscaler.
        spec: other fields of the ScaledObject's spec.

    """
    return list(_changed(plane, namespace, behavior, spec))


def _changed(
    plane: ControlPlane, namespace: str, behavior: dict, spec: dict[str, object]
) -> Iterator[dict]:
    for item in yaml.safe_load_all(plane.kubectl("kustomize", str(_OVERLAY))):
        if item["kind"] == "ScaledObject":
            item["spec"] |= spec
            item["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] = behavior
        if item["kind"] in ("ScaledObject", "TriggerAuthentication"):
            yield item | {"metadata": item["metadata"] | {"namespace": namespace}}
