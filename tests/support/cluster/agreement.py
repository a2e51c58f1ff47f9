"""Compare the dashboard's reading of a fleet with kubectl's at the same moment."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from dashboard.domain.fleet import FleetReading
from dashboard.fleet.kubernetes.fleet import KubernetesFleet
from tests.support.cluster.deployed import Deployed

_GPU = "nvidia.com/gpu"
_AGREES_WITHIN_SECONDS = 3.0
_KINDS = ("deployments", "scaledjobs.keda.sh", "jobs", "pods", "nodes")


@dataclass(frozen=True)
class Count:
    """Numbers that both report."""

    wanted: int
    workers: int
    nodes: int
    gpus: int


def count_with_kubectl(deployed: Deployed) -> Count:
    """Count with kubectl alone."""
    objects = deployed.objects(*_KINDS)
    pods = [pod for pod in _of(objects, "Pod") if is_worker(pod)]
    machines = [node["status"].get("allocatable", {}) for node in _of(objects, "Node")]
    gpus = [int(allocatable[_GPU]) for allocatable in machines if _GPU in allocatable]
    return Count(
        wanted=_wanted(objects),
        workers=sum(pod["status"]["phase"] != "Succeeded" for pod in pods),
        nodes=len(gpus),
        gpus=sum(gpus),
    )


def count_in_reading(reading: FleetReading) -> Count:
    """Count the objects of the dashboard's reading."""
    nodes = [node for node in reading.nodes if node.ready]
    return Count(
        wanted=reading.wanted,
        workers=len(reading.workers),
        nodes=len(nodes),
        gpus=sum(node.slots for node in nodes),
    )


def confirmed_reading(deployed: Deployed, fleet: KubernetesFleet) -> FleetReading | None:
    """Return a reading that agrees with kubectl; None if the cluster changed meanwhile.

    None, too, if a busy API server answered a part of it too late. The server sends the changes of
    several kinds, one after the other: a reading of an unchanged cluster has to agree soon.
    """
    before = count_with_kubectl(deployed)
    ends_at = time.monotonic() + _AGREES_WITHIN_SECONDS
    while True:
        reading = fleet.read()
        if reading.warnings or count_with_kubectl(deployed) != before:
            return None
        counted = count_in_reading(reading)
        if counted == before:
            return reading
        if time.monotonic() > ends_at:
            pytest.fail(f"the dashboard has {counted}, kubectl {before}: {reading}")


def _wanted(objects: list[dict]) -> int:
    if _of(objects, "ScaledJob"):
        return sum(_is_of_keda(job) and not _has_ended(job) for job in _of(objects, "Job"))
    return sum(item["spec"]["replicas"] for item in _of(objects, "Deployment") if is_worker(item))


def _of(objects: Iterable[dict], kind: str) -> list[dict]:
    return [item for item in objects if item["kind"] == kind]


def is_worker(item: dict) -> bool:
    """Return whether an object is the workers' Deployment, or a pod of it."""
    return item["metadata"].get("labels", {}).get("app.kubernetes.io/name") == "worker"


def _is_of_keda(job: dict) -> bool:
    return "scaledjob.keda.sh/name" in job["metadata"].get("labels", {})


def _has_ended(job: dict) -> bool:
    conditions = job["status"].get("conditions", ())
    return any(item["type"] in ("Complete", "Failed") for item in conditions)
