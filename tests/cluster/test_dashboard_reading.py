"""The dashboard reads a real control plane with the rights of its role.

No node and no KEDA runs here: their objects are only created. `test_story.py` has both.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from core.errors import FleetError
from dashboard.chaos.kubernetes import KubernetesFaults
from dashboard.domain.fleet import FleetReading
from dashboard.domain.journal import Journal
from dashboard.fleet.kubernetes import lists
from dashboard.fleet.kubernetes.fleet import KubernetesFleet
from tests.support.cluster.control_plane import ControlPlane
from tests.support.cluster.keda import CUSTOM_RESOURCES
from tests.support.cluster.machine import Machine
from tests.support.conditions import wait_until
from tests.support.kubernetes_objects import recorded

NAMESPACE = "stable-diffusion"
K8S = Path(__file__).parents[2] / "k8s"
RBAC = K8S / "base" / "dashboard-rbac.yaml"
CHAOS_RBAC = K8S / "components" / "chaos" / "rbac.yaml"


@pytest.fixture(scope="module")
def plane(tmp_path_factory) -> Iterator[ControlPlane]:
    """Run a control plane with the dashboard's ServiceAccount, role and a fake GPU node."""
    plane = ControlPlane(tmp_path_factory.mktemp("control-plane"))
    try:
        plane.start()
        plane.kubectl("create", "namespace", NAMESPACE)
        grant_rights(plane)
        machine = Machine("gpu-1", "gpu", gpus=2, spot=True)
        plane.apply({"apiVersion": "v1", "kind": "Node"} | machine.node())
        yield plane
    finally:
        plane.stop()


def grant_rights(plane: ControlPlane, rbac: Path = RBAC) -> None:
    """Apply the dashboard's rights in the namespace, as kustomize would."""
    for rights in yaml.safe_load_all(rbac.read_text()):
        for subject in rights.get("subjects", ()):
            subject["namespace"] = NAMESPACE
        if not rights["kind"].startswith("Cluster"):
            rights["metadata"]["namespace"] = NAMESPACE
        plane.apply(rights)


@pytest.fixture
def fleet(plane, monkeypatch) -> Iterator[KubernetesFleet]:
    """Open the dashboard's fleet, with a token of its own ServiceAccount."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig_of("dashboard", NAMESPACE)))
    with closing(KubernetesFleet(NAMESPACE, "worker", Journal())) as opened:
        yield opened


def install_keda(plane: ControlPlane) -> None:
    """Install KEDA's custom resources, and a ScaledObject for the workers."""
    plane.kubectl("apply", "--server-side", "--filename", str(CUSTOM_RESOURCES))
    plane.kubectl("wait", "--for=condition=Established", "--filename", str(CUSTOM_RESOURCES))
    plane.apply(applicable("scaled_object"))


def applicable(name: str) -> dict:
    """Return a recorded object without the fields that the server sets."""
    item = recorded(name)
    metadata = {key: item["metadata"][key] for key in ("name", "namespace")}
    return {key: item[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": metadata}


def read_until(fleet: KubernetesFleet, condition, what: str) -> FleetReading:
    """Read until a reading fulfils the condition."""

    def read() -> FleetReading | None:
        reading = fleet.read()
        return reading if condition(reading) else None

    return wait_until(read, what=what)


def test_missing_keda_is_reported(plane, fleet):
    """Without KEDA, workers and nodes are read, and a warning names KEDA."""
    plane.apply(applicable("deployment"))
    reading = read_until(fleet, lambda reading: len(reading.workers) == 3, "three workers")
    assert reading.warnings == ("KEDA is not installed in this cluster.",)
    assert (reading.scaler, reading.wanted, reading.ready) == (None, 3, 0)
    assert [node.name for node in reading.nodes] == ["gpu-1"]


def test_role_allows_every_list(plane, fleet):
    """With KEDA installed, the dashboard's own token lists every kind without a warning."""
    install_keda(plane)
    plane.apply(applicable("deployment"))
    reading = read_until(fleet, lambda reading: reading.scaler and reading.events, "a reading")
    assert reading.warnings == ()
    assert (reading.scaler.name, reading.scaler.maximum) == ("worker", 8)
    assert reading.scaler.scale_down.window == 300  # Kubernetes' default
    [reason] = {worker.reason for worker in reading.workers}
    assert reason.startswith("waits for a GPU node (")
    assert "1 Insufficient nvidia.com/gpu" in reason
    assert any("nodes are available" in event.text for event in reading.events)


@pytest.fixture
def faults(plane, fleet) -> KubernetesFaults:  # noqa: ARG001, logs in as the dashboard
    """Return the faults that the dashboard injects with its own token."""
    return KubernetesFaults(NAMESPACE, "worker")


def placed_worker() -> dict:
    """Return a worker's pod that runs on the node, as far as the API server knows."""
    labels = {"app.kubernetes.io/name": "worker"}
    metadata = {"name": "worker-placed", "namespace": NAMESPACE, "labels": labels}
    container = {"name": "worker", "image": "worker"}
    spec = {"nodeName": "gpu-1", "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def test_chaos_needs_its_component_and_has_its_rights_only(plane, fleet, faults):
    """Without the component every fault is refused in a sentence; with it each one works.

    A worker is deleted, KEDA's object paused and resumed, a node cordoned and its worker evicted.
    """
    install_keda(plane)
    plane.apply(applicable("deployment"))
    reading = read_until(fleet, lambda reading: len(reading.workers) == 3, "three workers")
    victim = reading.workers[0].name
    for inject in (
        lambda: faults.kill(victim),
        lambda: faults.set_paused(True),
        lambda: faults.drain("gpu-1"),
    ):
        with pytest.raises(FleetError, match=r"does not let the dashboard .*component chaos"):
            inject()

    grant_rights(plane, CHAOS_RBAC)
    wait_until(lambda: is_done(lambda: faults.kill(victim)), what="the rights are known")
    gone = lambda reading: victim not in {worker.name for worker in reading.workers}  # noqa: E731
    read_until(fleet, gone, "the worker is gone")
    with pytest.raises(FleetError, match="it does not exist any more"):
        faults.kill(victim)

    faults.set_paused(True)
    read_until(fleet, lambda reading: reading.scaler.paused, "KEDA is paused")
    faults.set_paused(False)
    read_until(fleet, lambda reading: not reading.scaler.paused, "KEDA is resumed")

    plane.apply(placed_worker())
    assert faults.drain("gpu-1") == "gpu-1 drained of 1 worker"
    read_until(fleet, lambda reading: "cordoned" in reading.nodes[0].state, "it is cordoned")
    faults.uncordon("gpu-1")
    read_until(fleet, lambda reading: "cordoned" not in reading.nodes[0].state, "it is not")
    pod = ("pod", "worker-placed", "--namespace", NAMESPACE)
    assert '"deletionTimestamp"' in plane.kubectl("get", *pod, "--output=json")
    plane.kubectl("delete", *pod, "--force", "--grace-period=0")
    for right in ("delete deployments", "patch pods", "delete nodes", "patch scaledobjects/other"):
        assert may(plane, right) == "no", right


def is_done(inject) -> bool:
    try:
        inject()
    except FleetError:
        return False
    return True


def may(plane: ControlPlane, right: str) -> str:
    """Return whether the dashboard's ServiceAccount has a right, as kubectl says it."""
    account = f"system:serviceaccount:{NAMESPACE}:dashboard"
    asked = ("auth", "can-i", *right.split(), "--namespace", NAMESPACE, "--as", account)
    return plane.kubectl(*asked, check=False).split()[0]


def test_lists_of_several_pages_are_complete(plane, fleet, monkeypatch):
    """A list that the server splits into pages is read to its end."""
    plane.apply(applicable("deployment"))
    monkeypatch.setattr(lists, "_PAGE_SIZE", 2)
    read_until(fleet, lambda reading: len(reading.workers) == 3, "three workers, two on a page")


def test_forbidden_nodes_are_unknown(plane, fleet):
    """Without the cluster-wide role the nodes are unknown, not none; the rest is read."""
    plane.apply(applicable("deployment"))
    role = ("clusterrolebinding", "stable-diffusion-dashboard")
    binding = plane.kubectl("get", *role, "--output", "json")
    plane.kubectl("delete", *role)
    try:
        reading = read_until(fleet, lambda reading: reading.nodes is None, "no nodes")
    finally:
        plane.kubectl("create", "--filename", "-", text=without_server_fields(binding))
    assert "The cluster does not let the dashboard list nodes." in reading.warnings
    assert len(reading.workers) == 3


def test_kinds_that_may_not_be_watched_are_listed(plane, fleet):
    """A role of an earlier release, without the verb watch, has current pods and no warning."""
    plane.apply(applicable("deployment"))
    change_verbs(plane, "list")
    try:
        read_until(fleet, lambda reading: len(reading.workers) == 3, "three workers")
        scale(plane, 2)
        read_until(fleet, lambda reading: len(reading.workers) == 2, "two workers")
        assert fleet.read().warnings == ()
    finally:
        change_verbs(plane, "list", "watch")
        scale(plane, 3)


def change_verbs(plane: ControlPlane, *verbs: str) -> None:
    """Replace the verbs of every rule of the dashboard's roles."""
    for rights in yaml.safe_load_all(RBAC.read_text()):
        if not rights["kind"].endswith("Role"):
            continue
        if rights["kind"] == "Role":
            rights["metadata"]["namespace"] = NAMESPACE
        rights["rules"] = [rule | {"verbs": list(verbs)} for rule in rights["rules"]]
        plane.apply(rights)


def scale(plane: ControlPlane, replicas: int) -> None:
    """Set the number of workers of the Deployment."""
    target = ("deployment", "worker", "--namespace", NAMESPACE)
    plane.kubectl("scale", *target, f"--replicas={replicas}")


def test_job_counts_from_its_creation_to_its_end(plane, fleet):
    """A Job that KEDA creates after the first reading is wanted until its controller ends it."""
    install_keda(plane)
    plane.kubectl("delete", "scaledobject", "worker", "--namespace", NAMESPACE)
    plane.apply(scaled_job())
    name = job()["metadata"]["name"]
    try:
        reading = read_until(fleet, lambda reading: reading.scaler, "the ScaledJob is read")
        assert (reading.scaler.kind, reading.wanted) == ("ScaledJob", 0)
        plane.apply(job())
        read_until(fleet, lambda reading: reading.wanted == 1, "the Job is wanted")
        patch = json.dumps({"spec": {"activeDeadlineSeconds": 1}})
        plane.kubectl("patch", "job", name, "--namespace", NAMESPACE, "--patch", patch)
        read_until(fleet, lambda reading: reading.wanted == 0, "the Job has ended")
        assert plane.kubectl("get", "job", name, "--namespace", NAMESPACE)
    finally:
        plane.kubectl("delete", "job,scaledjob", "--all", "--namespace", NAMESPACE)
        install_keda(plane)


def scaled_job() -> dict:
    """Return a ScaledJob whose Jobs have the recorded worker's pod."""
    spec = applicable("scaled_object")["spec"]
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledJob",
        "metadata": {"name": "worker", "namespace": NAMESPACE},
        "spec": {
            "jobTargetRef": {"template": job()["spec"]["template"]},
            "triggers": spec["triggers"],
        },
    }


def quota() -> dict:
    """Return a quota that allows no GPU."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "no-gpus", "namespace": NAMESPACE},
        "spec": {"hard": {"requests.nvidia.com/gpu": "0"}},
    }


def job() -> dict:
    """Return a Job as KEDA creates it for a ScaledJob, with the recorded worker's pod."""
    template = applicable("deployment")["spec"]["template"]
    template["spec"]["restartPolicy"] = "Never"
    labels = {"scaledjob.keda.sh/name": "worker"}
    metadata = {"name": "worker-refused", "namespace": NAMESPACE, "labels": labels}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {"template": template},
    }


def test_pods_that_a_quota_refuses_have_a_reason(plane, fleet):
    """The quota's own words are shown, for a Deployment and for a ScaledJob's Job."""
    remove_workers(plane)
    plane.apply(quota())
    try:
        wait_until(lambda: _is_refused(plane), what="the quota is in force")
        plane.apply(job())
        reading = read_until(fleet, lambda reading: reading.refusal, "the Job is refused")
        assert reading.refusal.startswith("exceeded quota: no-gpus, requested: requests.nvidia.com")
        plane.kubectl("delete", "job", "worker-refused", "--namespace", NAMESPACE)
        read_until(fleet, lambda reading: not reading.refusal, "the Job is gone")
        plane.apply(applicable("deployment"))
        reading = read_until(fleet, lambda reading: reading.refusal, "the pods are refused")
        assert reading.refusal.startswith("exceeded quota: no-gpus, requested: requests.nvidia.com")
        assert (reading.wanted, reading.workers) == (3, ())
    finally:
        plane.kubectl("delete", "resourcequota", "no-gpus", "--namespace", NAMESPACE)
        remove_workers(plane)
        plane.apply(applicable("deployment"))


def _is_refused(plane: ControlPlane) -> bool:
    """Return whether the API server would refuse a worker's pod; it reads quotas with a delay."""
    pod = job()["spec"]["template"] | {"apiVersion": "v1", "kind": "Pod"}
    pod["metadata"] = {"name": "worker-refused"}
    command = ("create", "--dry-run=server", "--namespace", NAMESPACE, "--filename", "-")
    return "exceeded quota" in plane.kubectl(*command, text=json.dumps(pod), check=False)


def remove_workers(plane: ControlPlane) -> None:
    """Delete the workers' Deployment with its pods, if it is there."""
    workers = ("--namespace", NAMESPACE, "--ignore-not-found", "--cascade=foreground")
    plane.kubectl("delete", "deployment", "worker", *workers)


def test_devices_of_dynamic_resource_allocation_are_slots(plane, fleet):
    """A driver's ResourceSlice is read from the real API; the node's label counts its GPUs."""
    device = {"type": {"string": "mig"}, "parentUUID": {"string": "GPU-a"}}
    names = ("gpu-0-mig-0", "gpu-0-mig-1")
    spec = {
        "driver": "gpu.nvidia.com",
        "nodeName": "gpu-1",
        "pool": {"name": "gpu-1", "generation": 1, "resourceSliceCount": 1},
        "devices": [{"name": name, "attributes": device} for name in names],
    }
    plane.apply(
        {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceSlice",
            "metadata": {"name": "gpu-1"},
            "spec": spec,
        }
    )
    try:
        reading = read_until(fleet, lambda reading: reading.nodes[0].slots == 2, "two slots")
        [node] = reading.nodes
        assert (node.gpus, node.slots_used, node.product) == (2, 0, "NVIDIA-L4")
    finally:
        plane.kubectl("delete", "resourceslice", "gpu-1")


def without_server_fields(text: str) -> str:
    """Remove the fields that only the server may set."""
    item = json.loads(text)
    for name in ("resourceVersion", "uid", "creationTimestamp"):
        item["metadata"].pop(name)
    return json.dumps(item)


def test_unreachable_api_server_is_reported_until_it_is_back(plane, fleet):
    """While it is down reading fails with one sentence; then the same fleet reads again."""
    plane.apply(applicable("deployment"))
    assert fleet.read()
    plane.api_server.stop()
    try:
        with pytest.raises(FleetError, match="API server cannot be reached: nothing listens there"):
            fleet.read()
    finally:
        plane.api_server.start()

    def back() -> bool:
        try:
            return len(fleet.read().workers) == 3
        except FleetError:
            return False

    wait_until(back, what="the reading is back")


def test_expired_token_is_reported_until_it_is_renewed(plane, fleet, monkeypatch):
    """A refused token is named; a renewed kubeconfig is read without a restart."""
    assert fleet.read()
    account = ("serviceaccount", "dashboard", "--namespace", NAMESPACE)
    plane.kubectl("delete", *account)
    plane.kubectl("create", *account)

    def refused() -> str | None:
        try:
            fleet.read()
        except FleetError as error:
            return str(error)
        return None

    sentence = wait_until(refused, what="the token is refused")
    assert sentence == "The cluster refuses the dashboard's credentials; they may have expired."
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig_of("dashboard", NAMESPACE)))
    wait_until(lambda: refused() is None, what="the new token is used")
