"""Compare the dashboard's reading of a fleet with kubectl's output at the same time."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from dashboard.domain.fleet import FleetReading
from dashboard.domain.journal import Journal
from dashboard.fleet.kubernetes.fleet import KubernetesFleet
from tests.support.cluster.deployed import NAMESPACE, Deployed

_GPU = "nvidia.com/gpu"
_KINDS = ("deployments", "scaledjobs.keda.sh", "jobs", "pods", "nodes")


@dataclass(frozen=True)
class Count:
    """The numbers that both report."""

    wanted: int
    workers: int
    nodes: int
    gpus: int


def counted_by_kubectl(deployed: Deployed) -> Count:
    """Return the numbers of kubectl's output."""
    found = deployed.objects(*_KINDS)
    pods = [pod for pod in _of(found, "Pod") if is_worker(pod)]
    machines = [node["status"].get("allocatable", {}) for node in _of(found, "Node")]
    gpus = [int(allocatable[_GPU]) for allocatable in machines if _GPU in allocatable]
    return Count(
        wanted=_wanted(found),
        workers=sum(pod["status"]["phase"] != "Succeeded" for pod in pods),
        nodes=len(gpus),
        gpus=sum(gpus),
    )


def counted_by_dashboard(reading: FleetReading) -> Count:
    """Return the numbers of the dashboard's reading."""
    nodes = [node for node in reading.nodes if node.ready]
    return Count(
        wanted=reading.wanted,
        workers=len(reading.workers),
        nodes=len(nodes),
        gpus=sum(node.slots for node in nodes),
    )


def agreed_reading(deployed: Deployed) -> FleetReading | None:
    """Return a reading that agrees with kubectl; None if the cluster changed meanwhile.

    The dashboard lists several kinds, and so a reading may combine states of different times. A
    second reading of a cluster that did not change must agree.
    """
    for _ in range(2):
        before = counted_by_kubectl(deployed)
        # A new fleet lists everything; an existing one lists nodes only every few seconds.
        reading = KubernetesFleet(NAMESPACE, "worker", Journal()).read()
        if counted_by_kubectl(deployed) != before:
            return None
        assert reading.warnings == ()
        counted = counted_by_dashboard(reading)
        if counted == before:
            return reading
    pytest.fail(f"the dashboard reports {counted}, kubectl {before}: {reading}")


def _wanted(found: list[dict]) -> int:
    if _of(found, "ScaledJob"):
        return sum(not _has_ended(job) for job in _of(found, "Job"))
    return sum(each["spec"]["replicas"] for each in _of(found, "Deployment") if is_worker(each))


def _of(found: Iterable[dict], kind: str) -> list[dict]:
    return [each for each in found if each["kind"] == kind]


def is_worker(found: dict) -> bool:
    """Return whether an object is the workers' Deployment, or one of their pods."""
    return found["metadata"].get("labels", {}).get("app.kubernetes.io/name") == "worker"


def _has_ended(job: dict) -> bool:
    conditions = job["status"].get("conditions", ())
    return any(each["type"] in ("Complete", "Failed") for each in conditions)
