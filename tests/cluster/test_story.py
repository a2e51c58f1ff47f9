"""The whole story: prompts, KEDA, pods, machines, pictures, and back to nothing.

Every part is the real one but the machines and what they paint with. The manifests are as
they are deployed, with shorter waits.
"""

from collections.abc import Iterator
from contextlib import closing

import pytest

from dashboard.domain.fleet import FleetReading
from tests.support.cluster.agreement import agreed_reading, is_worker
from tests.support.cluster.deployed import NAMESPACE, Deployed
from tests.support.conditions import wait_until
from wire.backends import open_queue, open_store
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.picture import metadata_name, picture_name
from wire.queues.base import Queue, QueueDepth

_PATIENCE = 150
"""Seconds; many workers load their libraries at once, on a machine that may be busy."""
_MOST = 4
_QUICK = {
    "scaleUp": {"policies": [{"type": "Pods", "value": _MOST, "periodSeconds": 15}]},
    "scaleDown": {"stabilizationWindowSeconds": 5},
}


@pytest.fixture
def queue(deployed: Deployed) -> Iterator[Queue]:
    """Open the broker that the cluster's workers take their jobs from."""
    with closing(open_queue(deployed.settings)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _as_the_dashboard(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the cluster with the dashboard's own login."""
    monkeypatch.setenv("KUBECONFIG", str(deployed.login()))


def test_scaled_object_story(deployed: Deployed, queue: Queue) -> None:
    """20 prompts start workers and machines, are all painted once, and all goes to zero."""
    _deploy_scaled_object(deployed)
    _tell(deployed, queue, pictures=2)


def test_nothing_starts_before_a_job_waits(deployed: Deployed) -> None:
    """A new Deployment makes no worker, not for a moment: a machine would be bought for it."""
    workers = ("scaledobject.keda.sh/worker", "deployment/worker")
    deployed.kubectl("-n", NAMESPACE, "delete", *workers, "--ignore-not-found")
    before = _workers_made(deployed)
    deployed.deploy("scaledobject")
    assert _workers_made(deployed) == before


def test_scaled_job_story(deployed: Deployed, queue: Queue) -> None:
    """The same with one Job of Kubernetes for each prompt."""
    deployed.deploy("scaledjob")
    deployed.patch("scaledjob", pollingInterval=1, maxReplicaCount=_MOST)
    _tell(deployed, queue, pictures=1)


def test_keda_that_stops_is_a_sentence_until_it_is_back(deployed: Deployed, queue: Queue) -> None:
    """Nobody looks at the queue any more: the scaler says so, and all else is told as before."""
    _deploy_scaled_object(deployed)
    _submit(queue, prompts=2, pictures=1)
    _wait_for(deployed, lambda told: told.wanted, "a worker is wanted")
    operator = deployed.cluster.keda.operator
    operator.stop()
    try:
        _wait_for(deployed, lambda told: "its operator may be away" in _trouble(told), "a sentence")
        _wait_for(deployed, lambda told: told.ready, "a worker is ready, though nobody scales")
    finally:
        operator.start()
    _wait_for(deployed, lambda told: not _trouble(told), "KEDA looks again")
    _wait_for(deployed, lambda told: told.wanted == 0 and not told.nodes, "nothing runs")


def _workers_made(deployed: Deployed) -> int:
    """Count the worker pods that any ReplicaSet made, of those that are gone, too."""
    made = [event for event in deployed.objects("events") if event["reason"] == "SuccessfulCreate"]
    return sum(event["involvedObject"]["name"].startswith("worker-") for event in made)


def _deploy_scaled_object(deployed: Deployed) -> None:
    deployed.deploy("scaledobject")
    behaviour = {"horizontalPodAutoscalerConfig": {"behavior": _QUICK}}
    deployed.patch(
        "scaledobject",
        pollingInterval=1,
        cooldownPeriod=5,
        maxReplicaCount=_MOST,
        advanced=behaviour,
    )


def _trouble(told: FleetReading) -> str:
    """Return why KEDA's object is not ready; empty if it is."""
    ready = next(one for one in told.scaler.conditions if one.name == "Ready")
    return "" if ready.status else ready.message


def _tell(deployed: Deployed, queue: Queue, pictures: int) -> None:
    _wait_for(deployed, lambda told: told.wanted == 0 and not told.nodes, "nothing runs")
    jobs = _submit(queue, prompts=20, pictures=pictures)
    _wait_for(deployed, lambda told: told.wanted >= 2, "several workers are wanted")
    _wait_for(deployed, lambda told: len(told.nodes) >= 2, "machines have joined")
    _wait_for(deployed, lambda told: told.workers and told.workers[0].node, "pods are placed")
    wait_until(lambda: _painted(deployed, jobs) >= 1, _PATIENCE, "the first picture")
    _take_away(deployed)
    names = _expected(jobs)
    wait_until(lambda: _painted(deployed, jobs) == len(names), _PATIENCE, "all is painted")
    _wait_for(deployed, lambda told: told.wanted == 0 and not told.nodes, "all is gone again")
    assert {entry.name for entry in open_store(deployed.settings).entries()} >= names
    assert queue.depth() == QueueDepth(ready=0, unacknowledged=0)
    assert not queue.dead_letters(10)


def _submit(queue: Queue, prompts: int, pictures: int) -> list[Job]:
    request = JobRequest(prompt="yellow submarine", count=pictures)
    jobs = [new_job(request) for _ in range(prompts)]
    for job in jobs:
        queue.publish(job)
    return jobs


def _take_away(deployed: Deployed) -> None:
    """Take a machine away as a cloud takes a spot machine, and a pod as an operator does."""
    kubelet = deployed.cluster.kubelet
    machine = next(machine for machine in kubelet.machines() if machine.gpus)
    kubelet.leave(machine.name)
    workers = [pod for pod in deployed.objects("pods") if is_worker(pod)]
    elsewhere = [pod for pod in workers if pod["spec"].get("nodeName") != machine.name]
    name = elsewhere[0]["metadata"]["name"]
    deployed.kubectl("-n", NAMESPACE, "delete", "pod", name, "--wait=false", "--ignore-not-found")


def _expected(jobs: list[Job]) -> set[str]:
    pictures = {picture_name(job.id, number) for job in jobs for number in range(job.count)}
    return pictures | {metadata_name(job.id) for job in jobs}


def _painted(deployed: Deployed, jobs: list[Job]) -> int:
    stored = {entry.name for entry in open_store(deployed.settings).entries()}
    return len(stored & _expected(jobs))


def _wait_for(deployed: Deployed, condition, what: str) -> None:
    """Wait for a reading of the dashboard that kubectl confirms."""

    def holds() -> bool:
        reading = agreed_reading(deployed)
        return reading is not None and condition(reading)

    wait_until(holds, _PATIENCE, what)
