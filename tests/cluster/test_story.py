"""A whole run: prompts, KEDA, pods, nodes, pictures, and back to zero.

Everything is real but the nodes and their GPUs. The manifests are those that are deployed, with
shorter waits. One scaler is deployed by `kubectl apply -k` alone, the other by `make`.
"""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from openai import OpenAI

from core.errors import FleetError
from dashboard.chaos.kubernetes import KubernetesFaults
from dashboard.domain.fleet import FleetReading
from dashboard.domain.journal import Journal
from dashboard.fleet.kubernetes.fleet import KubernetesFleet
from tests.support.cluster.agreement import confirmed_reading, is_worker
from tests.support.cluster.deployed import NAMESPACE, Deployed
from tests.support.conditions import HANG_TIMEOUT, wait_until
from wire.backends import open_store
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.object_names import metadata_name, picture_name
from wire.queues.base import Queue, QueueDepth

_CHAOS_RBAC = Path(__file__).parents[2] / "k8s" / "components" / "chaos" / "rbac.yaml"
MAX_WORKERS = 4
QUICK = {
    "scaleUp": {"policies": [{"type": "Pods", "value": MAX_WORKERS, "periodSeconds": 15}]},
    "scaleDown": {"stabilizationWindowSeconds": 5},
}


@pytest.fixture
def applied(deployed: Deployed) -> None:
    """Apply an overlay with kubectl alone, to a cluster that has nothing of it."""
    deployed.remove()
    deployed.apply("gpu")
    # Before the dashboard declares the queue, so that KEDA finds none at first.
    deployed.admit_users()
    deployed.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/dashboard")
    deployed.login()  # with a token of the new ServiceAccount


@pytest.fixture(autouse=True)
def _as_the_dashboard(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the cluster with the dashboard's own credentials."""
    monkeypatch.setenv("KUBECONFIG", str(deployed.login()))


@pytest.mark.usefixtures("applied")
def test_scaled_object_scales_from_zero_and_back(deployed: Deployed, queue: Queue) -> None:
    """20 prompts start workers and nodes, each picture is stored, and all goes back to zero.

    One command has deployed it: the Job made the credentials for which the pods waited. OpenAI's
    client, whose request came before the first worker, gets its picture.
    """
    _shorten_waits(deployed)
    check_run(deployed, queue, pictures=2)


def test_deployment_starts_at_zero_workers(deployed: Deployed) -> None:
    """A new Deployment creates no worker, not even briefly: a node would be started for it."""
    workers = ("scaledobject.keda.sh/worker", "deployment/worker")
    deployed.kubectl("-n", NAMESPACE, "delete", *workers, "--ignore-not-found")
    before = _created_workers(deployed)
    deployed.deploy("scaledobject")
    assert _created_workers(deployed) == before


def test_scaled_job_scales_from_zero_and_back(deployed: Deployed, queue: Queue) -> None:
    """The same with one Kubernetes Job for each prompt."""
    deployed.deploy("scaledjob")
    deployed.patch("scaledjob", pollingInterval=1, maxReplicaCount=MAX_WORKERS)
    check_run(deployed, queue, pictures=1)


def test_stopped_keda_is_reported_until_it_is_back(deployed: Deployed, queue: Queue) -> None:
    """While KEDA's operator is down the scaler reports it; everything else is read as before."""
    _deploy_scaled_object(deployed)
    _submit(queue, prompts=2, pictures=1)
    _wait_for(deployed, lambda fleet: fleet.wanted, "a worker is wanted")
    operator = deployed.cluster.keda.operator
    operator.stop()
    try:
        _wait_for(
            deployed,
            lambda fleet: "is the KEDA operator running?" in _scaler_error(fleet),
            "a sentence",
        )
        _wait_for(deployed, lambda fleet: fleet.ready, "a worker is ready, although KEDA is down")
    finally:
        operator.start()
    _wait_for(deployed, lambda fleet: not _scaler_error(fleet), "KEDA is ready again")
    _wait_for(deployed, _is_idle, "nothing runs")


def test_paused_keda_starts_no_worker_until_it_is_resumed(deployed: Deployed, queue: Queue) -> None:
    """While a presenter has paused KEDA requests wait; once resumed it scales, and none is lost."""
    _deploy_scaled_object(deployed)
    _wait_for(deployed, _is_idle, "nothing runs")
    faults = KubernetesFaults(NAMESPACE, "worker")
    for rights in yaml.safe_load_all(_CHAOS_RBAC.read_text()):
        for subject in rights.get("subjects", ()):
            subject["namespace"] = NAMESPACE
        if not rights["kind"].startswith("Cluster"):
            rights["metadata"]["namespace"] = NAMESPACE
        deployed.cluster.control_plane.apply(rights)
    wait_until(lambda: _is_paused(faults), what="the rights are known")
    _wait_for(deployed, lambda fleet: fleet.scaler.paused, "KEDA is paused")
    _wait_for(deployed, lambda fleet: _condition(fleet, "Paused"), "KEDA confirms it")
    jobs = _submit(queue, prompts=2, pictures=1)
    _wait_for(deployed, lambda fleet: fleet.wanted == 0, "no worker is wanted")
    assert queue.depth().ready == 2
    faults.set_paused(False)
    names = _expected_names(jobs)
    wait_until(lambda: _stored(deployed, jobs) == len(names), what="all pictures are stored")
    _wait_for(deployed, _is_idle, "nothing runs")


def _is_paused(faults: KubernetesFaults) -> bool:
    try:
        faults.set_paused(True)
    except FleetError:
        return False
    return True


def _condition(fleet: FleetReading, name: str) -> bool:
    return any(each.name == name and each.status for each in fleet.scaler.conditions)


def _created_workers(deployed: Deployed) -> int:
    """Count the worker pods that ReplicaSets have created, deleted ones included."""
    created = [
        event for event in deployed.objects("events") if event["reason"] == "SuccessfulCreate"
    ]
    return sum(event["involvedObject"]["name"].startswith("worker-") for event in created)


def _deploy_scaled_object(deployed: Deployed) -> None:
    deployed.deploy("scaledobject")
    _shorten_waits(deployed)


def _shorten_waits(deployed: Deployed) -> None:
    behaviour = {"horizontalPodAutoscalerConfig": {"behavior": QUICK}}
    deployed.patch(
        "scaledobject",
        pollingInterval=1,
        cooldownPeriod=5,
        maxReplicaCount=MAX_WORKERS,
        advanced=behaviour,
    )


def _scaler_error(fleet: FleetReading) -> str:
    """Return the reason of KEDA's condition Ready if it does not hold, else an empty string."""
    ready = next(condition for condition in fleet.scaler.conditions if condition.name == "Ready")
    return "" if ready.status else ready.message


def _is_idle(fleet: FleetReading) -> bool:
    return fleet.wanted == 0 and not fleet.nodes


def check_run(deployed: Deployed, queue: Queue, pictures: int, on_gpus: bool = True) -> None:
    """Check a whole run of 20 prompts, with this many pictures each, that starts from zero.

    Workers ``on_gpus`` need nodes that join; others run on the cluster's own.
    """
    _wait_for(deployed, _is_idle, "nothing runs")
    with ThreadPoolExecutor(1) as pool:
        # Sent while there is no worker, and held until KEDA has started one.
        answer = pool.submit(_generate_with_openai, deployed.dashboard_url())
        _check_scaling(deployed, queue, pictures, on_gpus)
        assert answer.result(HANG_TIMEOUT) == b"\x89PNG"


def _generate_with_openai(url: str) -> bytes:
    """Generate a picture with OpenAI's client; return the first bytes of its file."""
    client = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=HANG_TIMEOUT)
    answer = client.images.generate(prompt="cartoon dwarf")
    return b64decode(answer.data[0].b64_json)[:4]


def _check_scaling(deployed: Deployed, queue: Queue, pictures: int, on_gpus: bool) -> None:
    jobs = _submit(queue, prompts=20, pictures=pictures)
    _wait_for(deployed, lambda fleet: fleet.wanted >= 2, "several workers are wanted")
    if on_gpus:
        _wait_for(deployed, lambda fleet: len(fleet.nodes) >= 2, "nodes have joined")
    _wait_for(deployed, lambda fleet: fleet.workers and fleet.workers[0].node, "pods are placed")
    wait_until(lambda: _stored(deployed, jobs) >= 1, what="the first picture")
    _delete_pod(deployed, outside=_remove_node(deployed) if on_gpus else "")
    names = _expected_names(jobs)
    wait_until(lambda: _stored(deployed, jobs) == len(names), what="all pictures are stored")
    _wait_for(
        deployed, lambda fleet: fleet.wanted == 0 and not fleet.nodes, "everything is back at zero"
    )
    assert {entry.name for entry in open_store(deployed.settings).entries()} >= names
    assert queue.depth() == QueueDepth(ready=0, unacknowledged=0)
    assert not queue.dead_letters(10)


def _submit(queue: Queue, prompts: int, pictures: int) -> list[Job]:
    request = JobRequest(prompt="yellow submarine", count=pictures)
    jobs = [new_job(request) for _ in range(prompts)]
    for job in jobs:
        queue.publish(job)
    return jobs


def _remove_node(deployed: Deployed) -> str:
    """Remove a GPU node as a cloud preempts a spot node; return its name."""
    kubelet = deployed.cluster.kubelet
    machine = next(machine for machine in kubelet.machines() if machine.gpus)
    kubelet.leave(machine.name)
    return machine.name


def _delete_pod(deployed: Deployed, outside: str) -> None:
    """Delete a worker's pod that is not on a node."""
    workers = [pod for pod in deployed.objects("pods") if is_worker(pod)]
    others = [pod for pod in workers if pod["spec"].get("nodeName") != outside]
    name = others[0]["metadata"]["name"]
    deployed.kubectl("-n", NAMESPACE, "delete", "pod", name, "--wait=false", "--ignore-not-found")


def _expected_names(jobs: list[Job]) -> set[str]:
    pictures = {picture_name(job.id, number) for job in jobs for number in range(job.count)}
    return pictures | {metadata_name(job.id) for job in jobs}


def _stored(deployed: Deployed, jobs: list[Job]) -> int:
    stored = {entry.name for entry in open_store(deployed.settings).entries()}
    return len(stored & _expected_names(jobs))


def _wait_for(deployed: Deployed, condition, what: str) -> None:
    """Wait for a reading that kubectl confirms and that fulfils the condition."""
    with closing(KubernetesFleet(NAMESPACE, "worker", Journal())) as fleet:

        def holds() -> bool:
            reading = confirmed_reading(deployed, fleet)
            return reading is not None and condition(reading)

        wait_until(holds, what=what)
