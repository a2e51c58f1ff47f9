"""A real API server accepts the manifests: every field, role and pod."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from tests.support.chart import VALUES_SETS, template, with_dependencies
from tests.support.cluster.cluster import Cluster

_OVERLAYS = Path(__file__).parents[2] / "k8s" / "overlays"
_NAMES = sorted(str(path.relative_to(_OVERLAYS)) for path in _OVERLAYS.glob("*/scaled*"))
"""Each of these includes `app`."""


@pytest.fixture(scope="module")
def restricted(cluster: Cluster) -> str:
    """Create a namespace that enforces the Pod Security Standard "restricted"."""
    name = "restricted"
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    metadata = {"name": name, "labels": labels}
    cluster.control_plane.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    for account in ("credentials", "dashboard", "worker"):
        cluster.control_plane.kubectl("-n", name, "create", "serviceaccount", account)
    return name


@pytest.mark.parametrize("name", _NAMES)
def test_overlay_applies(cluster: Cluster, restricted: str, name: str) -> None:
    """The API server accepts each object of an overlay, and each pod of its templates."""
    rendered = cluster.control_plane.kubectl("kustomize", str(_OVERLAYS / name))
    moved = rendered.replace("namespace: stable-diffusion", f"namespace: {restricted}")
    # Of the whole cluster, and applied by other tests meanwhile.
    moved = moved.replace("stable-diffusion-dashboard", f"{restricted}-dashboard")
    _check_applies(cluster, restricted, list(yaml.safe_load_all(moved)))


@pytest.mark.usefixtures("chart_requirements")
@pytest.mark.parametrize("name", VALUES_SETS)
def test_chart_applies(cluster: Cluster, restricted: str, name: str, tmp_path: Path) -> None:
    """The same for the Helm chart with each set of values."""
    values = ("--values", VALUES_SETS[name], "--namespace", restricted)
    _check_applies(cluster, restricted, template(with_dependencies(tmp_path), *values))


def _check_applies(cluster: Cluster, namespace: str, manifests: Sequence[dict]) -> None:
    objects = [item for item in manifests if item["kind"] != "Namespace"]
    pods = [_pod(item, namespace) for item in objects if _template(item)]
    assert len(pods) >= 2
    everything = yaml.safe_dump_all(objects + pods)
    apply = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--filename=-")
    answer = cluster.control_plane.kubectl(*apply, text=everything, check=False)
    lines = answer.strip().splitlines()
    assert all(line.endswith("serverside-applied (server dry run)") for line in lines), answer
    assert len(lines) == len(objects) + len(pods)


def _template(item: dict) -> dict | None:
    """Return an object's pod template, if its kind has one."""
    spec = item.get("spec", {})
    return (
        item.get("template") or spec.get("template") or spec.get("jobTargetRef", {}).get("template")
    )


def _pod(item: dict, namespace: str) -> dict:
    """Return a pod of the template, with volume claims replaced by empty directories."""
    template = _template(item)
    claims = item.get("spec", {}).get("volumeClaimTemplates", [])
    disks = [{"name": claim["metadata"]["name"], "emptyDir": {}} for claim in claims]
    name = f"{item['kind'].lower()}-{item['metadata']['name']}"
    metadata = template.get("metadata", {}) | {"name": name, "namespace": namespace}
    spec = template["spec"] | {"volumes": template["spec"].get("volumes", []) + disks}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
