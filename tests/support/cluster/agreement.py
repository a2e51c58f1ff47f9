"""The dashboard's reading of a fleet, held against what kubectl says at the same moment."""

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
    """What both can tell."""

    wanted: int
    workers: int
    nodes: int
    gpus: int


def counted_by_kubectl(deployed: Deployed) -> Count:
    """Count with kubectl alone."""
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
    """Count what the dashboard read."""
    nodes = [node for node in reading.nodes if node.ready]
    return Count(
        wanted=reading.wanted,
        workers=len(reading.workers),
        nodes=len(nodes),
        gpus=sum(node.slots for node in nodes),
    )


def agreed_reading(deployed: Deployed) -> FleetReading | None:
    """Return a reading that says what kubectl says; None if the cluster changed meanwhile.

    The dashboard lists one kind after the other, and so may see a moment that was none; what it
    says a second time, of a cluster that stands still, it has to answer for.
    """
    for _ in range(2):
        before = counted_by_kubectl(deployed)
        # A new one looks at everything at once; one that lives looks at nodes every few seconds.
        reading = KubernetesFleet(NAMESPACE, "worker", Journal()).read()
        if counted_by_kubectl(deployed) != before:
            return None
        assert reading.warnings == ()
        counted = counted_by_dashboard(reading)
        if counted == before:
            return reading
    pytest.fail(f"the dashboard says {counted}, kubectl {before}: {reading}")


def _wanted(found: list[dict]) -> int:
    if _of(found, "ScaledJob"):
        return sum(not _has_ended(job) for job in _of(found, "Job"))
    return sum(one["spec"]["replicas"] for one in _of(found, "Deployment") if is_worker(one))


def _of(found: Iterable[dict], kind: str) -> list[dict]:
    return [one for one in found if one["kind"] == kind]


def is_worker(one: dict) -> bool:
    """Tell whether an object is the workers' Deployment, or one of their pods."""
    return one["metadata"].get("labels", {}).get("app.kubernetes.io/name") == "worker"


def _has_ended(job: dict) -> bool:
    conditions = job["status"].get("conditions", ())
    return any(one["type"] in ("Complete", "Failed") for one in conditions)
