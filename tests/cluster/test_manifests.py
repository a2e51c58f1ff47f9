"""The manifests before a real API server, which checks every field, right and pod."""

from pathlib import Path

import pytest
import yaml

from tests.support.cluster.cluster import Cluster

_OVERLAYS = Path(__file__).parents[2] / "k8s" / "overlays"
_NAMES = sorted(str(path.relative_to(_OVERLAYS)) for path in _OVERLAYS.glob("*/scaled*"))
"""What `app` holds is in each of these too."""


@pytest.fixture(scope="module")
def restricted(cluster: Cluster) -> str:
    """Make a namespace in which pods that may do more than they must are refused."""
    name = "restricted"
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    metadata = {"name": name, "labels": labels}
    cluster.control_plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    cluster.control_plane.kubectl("-n", name, "create", "serviceaccount", "dashboard")
    cluster.control_plane.kubectl("-n", name, "create", "serviceaccount", "worker")
    return name


@pytest.mark.parametrize("name", _NAMES)
def test_overlay_applies(cluster: Cluster, restricted: str, name: str) -> None:
    """A real API server takes each object of an overlay, and each pod that will come of it."""
    kubectl = cluster.control_plane.kubectl
    rendered = kubectl("kustomize", str(_OVERLAYS / name))
    moved = rendered.replace("namespace: stable-diffusion", f"namespace: {restricted}")
    objects = [one for one in yaml.safe_load_all(moved) if one["kind"] != "Namespace"]
    pods = [_pod(one, restricted) for one in objects if _template(one)]
    assert len(pods) >= 2
    everything = yaml.safe_dump_all(objects + pods)
    apply = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--filename=-")
    answer = kubectl(*apply, text=everything, check=False)
    lines = answer.strip().splitlines()
    assert all(line.endswith("serverside-applied (server dry run)") for line in lines), answer
    assert len(lines) == len(objects) + len(pods)


def _template(one: dict) -> dict | None:
    """Return the pod that an object describes, wherever its kind has it."""
    spec = one.get("spec", {})
    return (
        one.get("template") or spec.get("template") or spec.get("jobTargetRef", {}).get("template")
    )


def _pod(one: dict, namespace: str) -> dict:
    """Make a pod as a controller would; claims are made into disks that are always there."""
    template = _template(one)
    claims = one.get("spec", {}).get("volumeClaimTemplates", [])
    disks = [{"name": claim["metadata"]["name"], "emptyDir": {}} for claim in claims]
    name = f"{one['kind'].lower()}-{one['metadata']['name']}"
    metadata = template.get("metadata", {}) | {"name": name, "namespace": namespace}
    spec = template["spec"] | {"volumes": template["spec"].get("volumes", []) + disks}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
