"""One look at a cluster, told as the fleet's reading; and what cannot be looked at."""

from pathlib import Path

import pytest
import yaml

from core.errors import FleetError
from dashboard.domain.journal import Journal
from dashboard.fleet.kubernetes.client import ListFailed
from dashboard.fleet.kubernetes.cluster import KINDS, ClusterSnapshot, refused
from dashboard.fleet.kubernetes.fleet import KubernetesFleet, reading_of
from tests.support.conditions import free_port
from tests.support.kubernetes_objects import kubeconfig, recorded

RBAC = Path(__file__).parents[2] / "k8s" / "base" / "dashboard-rbac.yaml"
KIND = {kind.name: kind for kind in KINDS}


def look(**known):
    """Return a look at a cluster with one pod on a node and one that waits."""
    found = {
        "pods": (recorded("placed_pod"), recorded("unplaced_pod")),
        "scaled_objects": (recorded("scaled_object"),),
        "scaled_jobs": (),
        "autoscalers": (),
        "deployments": (recorded("deployment"),),
        "jobs": (),
        "nodes": (recorded("node"),),
        "slices": (),
        "events": tuple(recorded("events")),
    }
    return ClusterSnapshot(at=1795460000.0, **(found | known))


def read(**known):
    """Tell such a look."""
    return reading_of(look(**known), "stable-diffusion", "worker", {})


def test_a_look_tells_scaler_workers_nodes_and_events():
    """What the Deployment wants, who is there, and where."""
    fleet = read()
    assert (fleet.wanted, fleet.ready) == (3, 0)
    assert {worker.phase for worker in fleet.workers} == {"pending", "starting"}
    assert [node.name for node in fleet.nodes] == ["gpu-1"]
    assert fleet.scaler.kind == "ScaledObject"
    assert fleet.events
    assert fleet.warnings == ()


@pytest.mark.parametrize(
    ("unread", "unknown"),
    [
        ("pods", lambda fleet: (fleet.ready, fleet.nodes[0].slots_used)),
        ("nodes", lambda fleet: (fleet.nodes,)),
        ("deployments", lambda fleet: (fleet.wanted,)),
        ("scaled_objects", lambda fleet: (fleet.scaler,)),
    ],
)
def test_what_is_not_read_is_unknown_and_the_rest_is_told(unread, unknown):
    """One list that is refused empties only what it concerns, and that is never zero."""
    fleet = read(**{unread: None})
    assert set(unknown(fleet)) == {None}
    assert read(**{unread: None, "events": None}).events == ()


def test_a_scaler_that_is_not_there_is_a_sentence():
    """A namespace without a ScaledObject says what is missing; the pods are told all the same."""
    fleet = read(scaled_objects=())
    assert fleet.scaler is None
    assert fleet.wanted == 3
    assert "no ScaledObject and no ScaledJob worker" in fleet.warnings[0]
    assert "make deploy-scaledobject" in fleet.warnings[0]


def test_a_scaled_job_wants_the_jobs_that_go_on():
    """Finished Jobs are kept as history; those that go on are the workers wanted."""
    done = {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    pod = recorded("placed_pod", metadata={"labels": {"scaledjob.keda.sh/name": "worker"}})
    fleet = read(
        scaled_objects=(),
        scaled_jobs=(recorded("scaled_object"),),
        deployments=(),
        jobs=({"status": {"active": 1}}, done, {}),
        pods=(pod,),
    )
    assert (fleet.scaler.kind, fleet.wanted, len(fleet.workers)) == ("ScaledJob", 2, 1)


def test_of_two_scalers_one_is_told_and_the_other_is_a_sentence():
    """Kind and wanted number are of one scaler; one that is being deleted scales no more."""
    both = {"scaled_jobs": (recorded("scaled_object"),), "jobs": ({},)}
    fleet = read(**both)
    assert (fleet.scaler.kind, fleet.wanted) == ("ScaledObject", 3)
    assert "both start workers" in fleet.warnings[0]
    leaving = recorded("scaled_object", metadata={"deletionTimestamp": "2026-11-23T18:52:00Z"})
    fleet = read(scaled_objects=(leaving,), **both)
    assert (fleet.scaler.kind, fleet.wanted, fleet.warnings) == ("ScaledJob", 1, ())


def test_a_fleet_at_zero_cools_down_no_more():
    """The seconds left are told while there is somebody to take away."""
    idle = [{"type": "Active", "status": "False"}]
    status = {"conditions": idle, "lastActiveTime": "2026-11-23T18:52:20Z"}
    found = (recorded("scaled_object", status=status),)
    assert read(scaled_objects=found).scaler.cooldown_left is not None
    asleep = (recorded("deployment", spec={"replicas": 0}),)
    assert read(scaled_objects=found, deployments=asleep).scaler.cooldown_left is None


def test_pods_of_others_are_no_workers():
    """The broker's pod in the same namespace is not told as a worker."""
    other = recorded("placed_pod", metadata={"labels": {"app.kubernetes.io/name": "rabbitmq"}})
    assert read(pods=(other,)).workers == ()


@pytest.mark.parametrize(
    ("kind", "status", "sentence", "known"),
    [
        ("scaled_objects", 404, "KEDA is not installed in this cluster.", False),
        ("slices", 404, None, True),
        ("nodes", 403, "The cluster does not let the dashboard list nodes.", False),
        ("events", 500, "The API server answered.", False),
    ],
)
def test_a_refused_list_is_a_sentence(kind, status, sentence, known):
    """What is forbidden or absent is said; a kind that a cluster is too old for is just empty."""
    answer = refused(KIND[kind], ListFailed("The API server answered.", status), now=0)
    assert answer.error == sentence
    assert (answer.objects is not None) is known


def test_its_role_allows_what_is_listed_and_nothing_else():
    """The dashboard's rights and the lists that it asks for are the same."""
    rules = [
        (group, resource, document["kind"] == "ClusterRole")
        for document in yaml.safe_load_all(RBAC.read_text())
        for rule in document.get("rules", ())
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        if rule["verbs"] == ["list"]
    ]
    assert sorted(rules) == sorted(asked_for(kind) for kind in KINDS)
    assert RBAC.read_text().count("verbs:") == RBAC.read_text().count("verbs: [list]")


def asked_for(kind):
    """Return group, resource, and whether the whole cluster is asked."""
    _, root, *middle, resource = kind.path.split("/")
    return middle[0] if root == "apis" else "", resource, "{namespace}" not in kind.path


def test_without_a_cluster_the_fleet_is_a_sentence(tmp_path, monkeypatch):
    """No kubeconfig, and a server that is away: each is one sentence, and no library's error."""
    file = tmp_path / "kubeconfig"
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(file))
    fleet = KubernetesFleet("stable-diffusion", "worker", Journal())
    with pytest.raises(FleetError, match="No cluster is configured here"):
        fleet.read()
    file.write_text(kubeconfig(f"https://127.0.0.1:{free_port()}"))
    with pytest.raises(FleetError, match="cannot be reached: Connection refused"):
        fleet.read()
