"""The Kubernetes fleet: one look at the cluster, and what the workers' events say beside it."""

from collections.abc import Iterable
from dataclasses import replace

from dashboard.domain.fleet import FleetReading, Scaler, Worker
from dashboard.domain.journal import Journal
from dashboard.domain.workers import WorkerView
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.cluster import Cluster, ClusterSnapshot
from dashboard.fleet.kubernetes.events import fleet_events, newest_reasons
from dashboard.fleet.kubernetes.nodes import gpu_nodes
from dashboard.fleet.kubernetes.pods import is_forgotten, placed_at, worker
from dashboard.fleet.kubernetes.scaler import ActiveScaler, active_scaler, scaler_of
from dashboard.fleet.kubernetes.values import condition, condition_status

_READY = ("idle", "generating")
_NODE_LISTED = 20.0
"""Seconds after which a node that has pods must be among the nodes."""
_OWNER = "scaledjob.keda.sh/name"
"""KEDA's label of a ScaledJob's Jobs and their pods."""


class KubernetesFleet:
    """The workers that KEDA scales in one namespace."""

    def __init__(self, namespace: str, scaler: str, journal: Journal) -> None:
        self._cluster = Cluster(namespace, scaler)
        self._namespace = namespace
        self._scaler = scaler
        self._journal = journal

    def read(self) -> FleetReading:
        """Read the fleet now; raises FleetError if nothing at all can be read."""
        return reading_of(
            self._cluster.poll(), self._namespace, self._scaler, self._journal.workers()
        )


def reading_of(
    cluster: ClusterSnapshot, namespace: str, scaler: str, heard: dict[str, WorkerView]
) -> FleetReading:
    """Put together what the cluster tells and what was heard of the workers."""
    one = active_scaler(cluster)
    deployment = _target(cluster, one, scaler)
    pods = None if cluster.pods is None else _workers(cluster, deployment, scaler)
    workers = _told(pods or (), cluster, heard)
    wanted = _wanted(cluster, one, deployment)
    return FleetReading(
        scaler=_scaler(cluster, one, wanted),
        wanted=wanted,
        ready=None if pods is None else sum(one.phase in _READY for one in workers),
        workers=workers,
        nodes=None
        if cluster.nodes is None
        else gpu_nodes(cluster.nodes, cluster.slices, cluster.pods),
        events=fleet_events(cluster.events or (), scaler, frozenset(one.name for one in workers)),
        warnings=(*cluster.warnings, *_scaler_troubles(cluster, one, namespace, scaler)),
    )


def _scaler(cluster: ClusterSnapshot, one: ActiveScaler, wanted: int | None) -> Scaler | None:
    scaler = scaler_of(one, cluster)
    # At zero there is nothing to cool down; KEDA's object alone does not tell.
    return replace(scaler, cooldown_left=None) if scaler and wanted == 0 else scaler


def _target(cluster: ClusterSnapshot, one: ActiveScaler, scaler: str) -> Object | None:
    """Return the Deployment that is scaled."""
    name = one.scaled_object["spec"]["scaleTargetRef"]["name"] if one.scaled_object else scaler
    return next((one for one in cluster.deployments or () if one["metadata"]["name"] == name), None)


def _workers(cluster: ClusterSnapshot, deployment: Object | None, scaler: str) -> list[Object]:
    """Choose the pods that are workers, oldest first."""
    labels = {"app.kubernetes.io/name": scaler}
    if deployment:
        labels = deployment["spec"]["selector"].get("matchLabels") or labels
    active_scaler = [
        pod
        for pod in cluster.pods or ()
        if not is_forgotten(pod, cluster.at) and (_has(pod, labels) or _has(pod, {_OWNER: scaler}))
    ]
    return sorted(active_scaler, key=lambda pod: pod["metadata"]["creationTimestamp"])


def _has(pod: Object, labels: dict[str, str]) -> bool:
    return labels.items() <= pod["metadata"].get("labels", {}).items()


def _told(
    pods: Iterable[Object], cluster: ClusterSnapshot, heard: dict[str, WorkerView]
) -> tuple[Worker, ...]:
    reasons = newest_reasons(cluster.events or ())
    nodes = (
        None if cluster.nodes is None else {one["metadata"]["name"]: one for one in cluster.nodes}
    )
    return tuple(
        worker(
            pod,
            heard.get(pod["metadata"]["name"]),
            reasons.get(pod["metadata"]["uid"], ""),
            nodes is None or _has_its_node(pod, nodes, cluster.at),
        )
        for pod in pods
    )


def _has_its_node(pod: Object, nodes: dict[str, Object], now: float) -> bool:
    node = nodes.get(pod["spec"].get("nodeName"))
    if node is None:  # gone; or so new that the list of nodes, which is older, lacks it
        return now - placed_at(pod) < _NODE_LISTED
    ready = condition(node.get("status", {}).get("conditions"), "Ready")
    return condition_status(ready.get("status")) is True


def _wanted(cluster: ClusterSnapshot, one: ActiveScaler, deployment: Object | None) -> int | None:
    """Return how many workers the scaler asked for; None if that could not be read."""
    if one.scaled_job:
        return None if cluster.jobs is None else sum(_goes_on(job) for job in cluster.jobs)
    # The autoscaler's own wish is stale while KEDA holds the target at zero.
    return deployment["spec"].get("replicas") if deployment else None


def _goes_on(job: Object) -> bool:
    found = job.get("status", {}).get("conditions")
    return not any(
        condition_status(condition(found, end).get("status")) for end in ("Complete", "Failed")
    )


def _scaler_troubles(
    cluster: ClusterSnapshot, one: ActiveScaler, namespace: str, scaler: str
) -> tuple[str, ...]:
    """Say what should be there and is not, or is there twice."""
    if one.both:
        return (
            f"A ScaledObject and a ScaledJob {scaler} both start workers; the first is shown. "
            f"Delete one: kubectl -n {namespace} delete scaledjob {scaler}",
        )
    if cluster.scaled_objects is None or cluster.scaled_jobs is None:
        return ()
    if one.scaled_object or one.scaled_job:
        return ()
    return (
        f"There is no ScaledObject and no ScaledJob {scaler} in the namespace {namespace}: "
        "make deploy-scaledobject, or deploy-scaledjob.",
    )
