"""Conversion of a snapshot of the cluster to a reading of the fleet, complete or not."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from core.errors import FleetError
from dashboard.domain.journal import Journal
from dashboard.domain.workers import WorkerView
from dashboard.fleet.kubernetes.client import ListFailed
from dashboard.fleet.kubernetes.cluster import ClusterSnapshot
from dashboard.fleet.kubernetes.event_digest import EventDigests
from dashboard.fleet.kubernetes.fleet import Conversions, KubernetesFleet, make_reading
from dashboard.fleet.kubernetes.kinds import KINDS
from dashboard.fleet.kubernetes.lists import failed_result
from dashboard.sampling.samples import make_sample
from tests.support.conditions import free_port, wait_until
from tests.support.kubernetes_objects import kept, kubeconfig, recorded

RBAC = Path(__file__).parents[2] / "k8s" / "base" / "dashboard-rbac.yaml"
KIND = {kind.name: kind for kind in KINDS}


def snapshot(**changes):
    """Return a snapshot of a cluster with one pod on a node and one pending."""
    objects = {
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
    objects = {name: kept(name, found) for name, found in (objects | changes).items()}
    return ClusterSnapshot(at=1795460000.0, **objects)


def read(**changes):
    """Return the reading of such a snapshot."""
    return make_reading(snapshot(**changes), "stable-diffusion", "worker", {}, Conversions())


def test_reading_has_scaler_workers_nodes_and_events():
    """The wanted number is the Deployment's; workers, nodes and events are the cluster's."""
    fleet = read()
    assert (fleet.wanted, fleet.ready) == (3, 0)
    assert {worker.phase for worker in fleet.workers} == {"pending", "starting"}
    assert [node.name for node in fleet.nodes] == ["gpu-1"]
    assert fleet.scaler.kind == "ScaledObject"
    assert fleet.events
    assert fleet.warnings == ()


@pytest.mark.parametrize(
    ("kind", "unknown"),
    [
        ("pods", lambda fleet: (fleet.ready, fleet.nodes[0].slots_used)),
        ("nodes", lambda fleet: (fleet.nodes,)),
        ("deployments", lambda fleet: (fleet.wanted,)),
        ("scaled_objects", lambda fleet: (fleet.scaler,)),
    ],
)
def test_failed_list_is_unknown_and_the_rest_is_read(kind, unknown):
    """A list that fails makes only its own fields unknown, never zero."""
    fleet = read(**{kind: None})
    assert set(unknown(fleet)) == {None}
    assert read(**{kind: None, "events": None}).events == ()


def test_refused_pods_have_a_reason():
    """A quota that refuses the pods is a warning and the refusal of the reading."""
    failure = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: gpus"}
    refused = (recorded("deployment", status={"conditions": [failure]}),)
    fleet = read(deployments=refused, pods=())
    assert (fleet.wanted, fleet.refusal) == (3, "exceeded quota: gpus")
    assert fleet.warnings == (
        "The cluster refuses to create pods of workers: exceeded quota: gpus.",
    )
    assert read().refusal == ""


def test_user_without_rights_on_nodes_sees_the_workers():
    """With rights in one namespace only, nodes are unknown, and pods are read as they are."""
    fleet = read(nodes=None, slices=None)
    assert fleet.nodes is None
    assert {worker.node for worker in fleet.workers} == {"gpu-1", None}
    assert {worker.phase for worker in fleet.workers} == {"pending", "starting"}
    sample = make_sample(0.0, None, fleet, None)
    assert (sample.nodes, sample.gpus, sample.workers) == (None, None, 1)


def test_missing_scaler_is_a_warning():
    """Without a ScaledObject a warning names the command to make one; workers are still shown."""
    fleet = read(scaled_objects=())
    assert fleet.scaler is None
    assert fleet.wanted == 3
    assert "no ScaledObject and no ScaledJob worker" in fleet.warnings[0]
    assert "make deploy-scaledobject" in fleet.warnings[0]


def test_scaled_job_wants_its_unfinished_jobs():
    """Kubernetes keeps finished Jobs; only the others are wanted workers."""
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


def test_second_scaler_is_a_warning():
    """Kind and wanted number are of the same scaler; one that is being deleted is ignored."""
    both = {"scaled_jobs": (recorded("scaled_object"),), "jobs": ({},)}
    fleet = read(**both)
    assert (fleet.scaler.kind, fleet.wanted) == ("ScaledObject", 3)
    assert "both start workers" in fleet.warnings[0]
    deleted = recorded("scaled_object", metadata={"deletionTimestamp": "2026-11-23T18:52:00Z"})
    fleet = read(scaled_objects=(deleted,), **both)
    assert (fleet.scaler.kind, fleet.wanted, fleet.warnings) == ("ScaledJob", 1, ())


def test_fleet_at_zero_has_no_cooldown():
    """The cooldown is shown only while there are workers to remove."""
    idle = [{"type": "Active", "status": "False"}]
    status = {"conditions": idle, "lastActiveTime": "2026-11-23T18:52:20Z"}
    found = (recorded("scaled_object", status=status),)
    assert read(scaled_objects=found).scaler.cooldown_left is not None
    at_zero = (recorded("deployment", spec={"replicas": 0}),)
    assert read(scaled_objects=found, deployments=at_zero).scaler.cooldown_left is None


def test_other_pods_are_not_workers():
    """The broker's pod in the same namespace is not shown as a worker."""
    other = recorded("placed_pod", metadata={"labels": {"app.kubernetes.io/name": "rabbitmq"}})
    assert read(pods=(other,)).workers == ()


@pytest.mark.parametrize(
    ("kind", "status", "sentence", "is_known"),
    [
        ("scaled_objects", 404, "KEDA is not installed in this cluster.", False),
        ("slices", 404, None, True),
        ("claims", 404, None, True),
        ("nodes", 403, "The cluster does not let the dashboard list nodes.", False),
        ("events", 500, "The API server answered.", False),
    ],
)
def test_failed_list_has_an_error(kind, status, sentence, is_known):
    """A forbidden or missing kind is an error; one that older clusters do not have is empty."""
    result = failed_result(KIND[kind], ListFailed("The API server answered.", status), now=0)
    assert result.error == sentence
    assert (result.objects is not None) is is_known


def test_rbac_allows_exactly_what_is_read():
    """The dashboard's role has no verb but list, and watch for the kinds that are watched."""
    rules = [
        (group, resource, document["kind"] == "ClusterRole", tuple(rule["verbs"]))
        for document in yaml.safe_load_all(RBAC.read_text())
        for rule in document.get("rules", ())
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    ]
    verbs = {True: ("list", "watch"), False: ("list",)}
    assert sorted(rules) == sorted((*resource_of(kind), verbs[kind.is_watched]) for kind in KINDS)


def resource_of(kind):
    """Return group, resource, and whether it is listed in the whole cluster."""
    _, root, *middle, resource = kind.path.split("/")
    return middle[0] if root == "apis" else "", resource, "{namespace}" not in kind.path


def test_unchanged_pods_are_converted_once():
    """A reading converts what changed, and what events say of an unchanged pod is not missed."""
    conversions, cluster = Conversions(), snapshot()
    pod = cluster.pods[0]["metadata"]["name"]

    def workers(found, views):
        return make_reading(found, "stable-diffusion", "worker", views, conversions).workers

    first, second = workers(cluster, {}), workers(cluster, {})
    assert all(after is before for after, before in zip(second, first, strict=True))
    changed = replace(cluster, pods=(recorded("placed_pod", spec={"nodeName": "gpu-9"}),))
    assert [worker.node for worker in workers(changed, {})] == ["gpu-9"]
    running = {"name": "worker", "state": {"running": {"startedAt": "2026-11-23T18:52:00Z"}}}
    cluster = snapshot(pods=(recorded("placed_pod", status={"containerStatuses": [running]}),))
    before = workers(cluster, {})[0]
    view = WorkerView(pod, "generating", "step 2 of 4", 1795460000.0, 1795460000.0, ("job-1",))
    assert (before.job_id, workers(cluster, {pod: view})[0].job_id) == (None, "job-1")


def test_many_events_are_read_again_once_time_allows():
    """A digest of many events is kept for a while; new events are in the next one."""
    digests, events = EventDigests(), kept("events", recorded("events"))
    before = digests.of(events, "worker", frozenset())
    assert before.log
    assert digests.of(events, "worker", frozenset()) is before
    wait_until(
        lambda: len(digests.of(events[:1], "worker", frozenset()).log) < len(before.log),
        what="a digest of other events",
    )


def test_workers_whose_events_came_first_are_in_the_log():
    """The log has a worker's events as soon as its pod is known: pods and events come apart."""
    digests, events = EventDigests(), kept("events", recorded("events"))
    digests.of(events, "painter", frozenset())
    names = frozenset(each["involvedObject"]["name"] for each in events)
    complete = EventDigests().of(events, "painter", names)
    wait_until(
        lambda: digests.of(events, "painter", names).log == complete.log,
        what="a digest with the events of the pods",
    )
    assert digests.of(events, "painter", frozenset(names)) is digests.of(events, "worker", names)


def test_unreachable_cluster_is_an_error(tmp_path, monkeypatch):
    """A missing kubeconfig and an unreachable server are one sentence each, not a traceback."""
    file = tmp_path / "kubeconfig"
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(file))
    with closing(KubernetesFleet("stable-diffusion", "worker", Journal())) as fleet:
        with pytest.raises(FleetError, match="No cluster is configured here"):
            fleet.read()
        file.write_text(kubeconfig(f"https://127.0.0.1:{free_port()}"))
        with pytest.raises(FleetError, match="cannot be reached: nothing listens there"):
            fleet.read()
