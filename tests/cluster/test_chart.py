"""The Helm chart on the real API server: install, run, upgrade, roll back, uninstall.

`make test-chart` runs prompts to pictures with every set of values; otherwise the defaults do. For
ScaledJobs, test_story.py runs the objects of the overlay, which are those of the chart.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cluster.test_story import MAX_WORKERS, QUICK, check_run
from tests.support.chart import VALUES_SETS, with_dependencies
from tests.support.cluster.cluster import Cluster
from tests.support.cluster.credentials import secrets_of
from tests.support.cluster.deployed import NAMESPACE, Deployed
from tests.support.cluster.release import Release
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer
from wire.queues.base import Queue

_OF_THIS_MACHINE = {
    "24gb": ("model.id=models/demo",),
    "external": ("s3.endpoint=minio:9000", "s3.region=", "s3.secure=false"),
}
"""What a machine without a GPU and without the network has in place of a set's values."""
_SHORT_WAITS = (
    *("--set-json", f"scaler.behavior={json.dumps(QUICK)}"),
    *(
        "--set",
        f"scaler.pollingInterval=1,scaler.cooldownPeriod=5,scaler.maxReplicas={MAX_WORKERS}",
    ),
)
_KEPT = ("persistentvolumeclaims", "secrets")
_OWNED = (
    *("deployments", "statefulsets", "scaledobjects.keda.sh", "triggerauthentications.keda.sh"),
    *("services", "serviceaccounts", "roles", "rolebindings", "poddisruptionbudgets"),
)


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_dependencies(tmp_path_factory.mktemp("chart"))


@pytest.fixture(scope="module")
def release(deployed: Deployed, chart: Path) -> Iterator[Release]:
    """Use the namespace of the app; leave it as other tests expect it."""
    live = Release(deployed.cluster.control_plane, chart, NAMESPACE)
    yield live
    live.uninstall()
    deployed.deploy("app")


@pytest.fixture
def installed(deployed: Deployed, release: Release) -> None:
    """Install the chart with its defaults on a cluster that has nothing of it."""
    release.uninstall()
    deployed.remove()
    release.upgrade(*_SHORT_WAITS)
    # Before the dashboard declares the queue, so that KEDA finds none at first.
    deployed.admit_users()
    _wait_for_the_dashboard(deployed)


@pytest.fixture
def _as_the_dashboard(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the cluster with the dashboard's credentials, whose ServiceAccount may be new."""
    path = deployed.cluster.control_plane.folder / f"kubeconfig-{NAMESPACE}-dashboard"
    monkeypatch.setenv("KUBECONFIG", str(path))


def test_installation_by_kustomize_becomes_a_release(deployed: Deployed, release: Release) -> None:
    """Helm takes the objects over: no pod template, replica, volume or Secret changes."""
    deployed.deploy("scaledobject")
    identities = _identities(deployed, *_KEPT, *_OWNED)
    specs = _specs(deployed)
    release.upgrade("--take-ownership", "--server-side=false")
    assert _specs(deployed) == specs
    assert _identities(deployed, *_KEPT, *_OWNED) == identities


def test_rollback_restores_settings_and_image(deployed: Deployed, release: Release) -> None:
    """After an upgrade and a rollback every pod template is that of the first revision."""
    release.upgrade("--take-ownership", "--server-side=false")
    before = _specs(deployed)
    change = "settings.DTYPE=float32,images.dashboard.tag=next"
    release.upgrade("--reset-then-reuse-values", "--set", change)
    changed = _specs(deployed)
    assert {name for name in before if before[name] != changed[name]} == {"dashboard", "worker"}
    release.rollback()
    assert _specs(deployed) == before


def test_upgrade_keeps_values_and_takes_new_defaults(
    deployed: Deployed, release: Release, tmp_path: Path
) -> None:
    """The command that docs/chart.md names keeps what was set, and renews what was not."""
    release.upgrade("--take-ownership", "--server-side=false", "--set", "scaler.maxReplicas=3")
    newer = replace(release, chart=_with_another_cooldown(release.chart, tmp_path))
    newer.upgrade("--reset-then-reuse-values")
    [scaler] = deployed.objects("scaledobjects.keda.sh")
    assert scaler["spec"]["maxReplicaCount"] == 3
    assert scaler["spec"]["cooldownPeriod"] == 60


def _with_another_cooldown(chart: Path, folder: Path) -> Path:
    """Copy a chart, with another default."""
    copy = shutil.copytree(chart, folder / chart.name)
    values = (copy / "values.yaml").read_text()
    assert "cooldownPeriod: 150" in values
    (copy / "values.yaml").write_text(values.replace("cooldownPeriod: 150", "cooldownPeriod: 60"))
    return copy


def test_uninstall_keeps_volumes_and_secrets(deployed: Deployed, release: Release) -> None:
    """What cannot be made again is kept, Helm says so, and a new release takes it over."""
    release.upgrade("--take-ownership", "--server-side=false")
    before = _identities(deployed, *_KEPT)
    answer = release.uninstall()
    assert "PersistentVolumeClaim" in answer
    assert not deployed.objects("deployments", "statefulsets", "scaledobjects.keda.sh", "services")
    assert _identities(deployed, *_KEPT) == before
    release.upgrade()
    assert _identities(deployed, *_KEPT) == before


@pytest.mark.usefixtures("installed", "_as_the_dashboard")
def test_defaults_scale_from_zero_and_back(deployed: Deployed, queue: Queue) -> None:
    """On an empty cluster `helm install` is all: the Job makes the passwords by itself."""
    check_run(deployed, queue, pictures=2)


@pytest.mark.long
@pytest.mark.usefixtures("_as_the_dashboard", "chart_requirements")
@pytest.mark.parametrize("name", VALUES_SETS)
def test_values_set_scales_from_zero_and_back(
    name: str,
    deployed: Deployed,
    release: Release,
    queue: Queue,
    rabbitmq: RabbitServer,
    minio_server: MinioServer,
) -> None:
    """The same run with a set of ci/, on Secrets that exist before."""
    release.uninstall()
    deployed.remove()
    deployed.kubectl("create", "namespace", NAMESPACE)
    deployed.cluster.control_plane.apply(secrets_of(NAMESPACE, "", rabbitmq, minio_server))
    release.upgrade("--values", VALUES_SETS[name], *_SHORT_WAITS, *_overrides(name))
    _wait_for_the_dashboard(deployed)
    check_run(deployed, queue, pictures=1, on_gpus=name != "cpu")


@pytest.mark.usefixtures("chart_requirements")
@pytest.mark.parametrize("name", VALUES_SETS)
def test_values_set_installs_beside_another_release(
    name: str, cluster: Cluster, chart: Path
) -> None:
    """The API server takes every object; the release in another namespace is left alone."""
    with _namespace_without_pods(cluster, f"set-{name}") as namespace:
        other = Release(cluster.control_plane, chart, namespace)
        other.upgrade("--values", VALUES_SETS[name])
        other.uninstall()


@contextmanager
def _namespace_without_pods(cluster: Cluster, name: str) -> Iterator[str]:
    """Create a namespace whose quota admits no pod: its objects are all that is tested."""
    kubectl = cluster.control_plane.kubectl
    kubectl("create", "namespace", name)
    try:
        kubectl("-n", name, "create", "quota", "no-pods", "--hard=pods=0")
        yield name
    finally:
        kubectl("delete", "namespace", name, "--wait=false")


def _overrides(name: str) -> tuple[str, ...]:
    return tuple(word for value in _OF_THIS_MACHINE.get(name, ()) for word in ("--set", value))


def _wait_for_the_dashboard(deployed: Deployed) -> None:
    deployed.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/dashboard")
    deployed.login()  # with a token of the new ServiceAccount


def _identities(deployed: Deployed, *kinds: str) -> dict[str, str]:
    """Return the uid of each object: a new one would mean that it was deleted and created.

    Helm's own records are left out.
    """
    return {
        f"{each['kind']}/{each['metadata']['name']}": each["metadata"]["uid"]
        for each in deployed.objects(*kinds)
        if each.get("type") != "helm.sh/release.v1"
    }


def _specs(deployed: Deployed) -> dict[str, dict]:
    """Return the replicas and pods of each Deployment and StatefulSet."""
    objects = deployed.objects("deployments", "statefulsets")
    return {each["metadata"]["name"]: each["spec"] for each in objects}
