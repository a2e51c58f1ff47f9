"""The Kubernetes fleet: a snapshot of the cluster, combined with the workers' events."""

from dataclasses import dataclass, field, replace

from core.errors import end_sentence
from dashboard.domain.fleet import FleetReading, Node, Scaler, Worker
from dashboard.domain.journal import Journal
from dashboard.domain.workers import WorkerView
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.cluster import Cluster, ClusterSnapshot
from dashboard.fleet.kubernetes.event_digest import EventDigests
from dashboard.fleet.kubernetes.memo import Memo
from dashboard.fleet.kubernetes.nodes import NodeConversions, gpu_nodes
from dashboard.fleet.kubernetes.pods import PodContext, make_worker
from dashboard.fleet.kubernetes.refusals import refusal
from dashboard.fleet.kubernetes.scaler import (
    ActiveScaler,
    active_scaler,
    make_scaler,
    scaled_deployment,
)
from dashboard.fleet.kubernetes.values import condition_status
from dashboard.fleet.kubernetes.worker_pods import contexts, worker_pods


@dataclass(frozen=True)
class Conversions:
    """What earlier readings converted already."""

    workers: Memo[PodContext, Worker] = field(default_factory=lambda: Memo(make_worker))
    nodes: NodeConversions = field(default_factory=NodeConversions)
    events: EventDigests = field(default_factory=EventDigests)


class KubernetesFleet:
    """The workers that KEDA scales in one namespace."""

    def __init__(self, namespace: str, scaler: str, journal: Journal) -> None:
        self._cluster = Cluster(namespace, scaler)
        self._namespace = namespace
        self._scaler = scaler
        self._journal = journal
        self._conversions = Conversions()

    def read(self) -> FleetReading:
        """Return the fleet's current state. Raises FleetError if nothing can be read."""
        cluster = self._cluster.poll()
        views = self._journal.workers()
        return make_reading(cluster, self._namespace, self._scaler, views, self._conversions)

    def close(self) -> None:
        """End all requests to the cluster."""
        self._cluster.close()


def make_reading(
    cluster: ClusterSnapshot,
    namespace: str,
    scaler: str,
    views: dict[str, WorkerView],
    conversions: Conversions,
) -> FleetReading:
    """Combine a snapshot of the cluster with the views that events give of the workers."""
    active = active_scaler(cluster)
    deployment = scaled_deployment(cluster, active, scaler)
    pods = None if cluster.pods is None else worker_pods(cluster, deployment, scaler)
    names = frozenset(pod["metadata"]["name"] for pod in pods or ())
    digest = conversions.events.of(cluster.events or (), scaler, names)
    workers = conversions.workers.values(contexts(pods or (), cluster, views, digest))
    ready = sum(worker.is_ready for worker in workers)
    wanted = _wanted(cluster, active, deployment)
    refused = _refusal(cluster, active, deployment)
    return FleetReading(
        scaler=_scaler(cluster, active, wanted),
        wanted=wanted,
        ready=None if pods is None else ready,
        workers=workers,
        nodes=_nodes(cluster, conversions.nodes),
        events=digest.log,
        refusal=refused,
        warnings=(
            *_refusal_warnings(refused),
            *cluster.warnings,
            *_scaler_warnings(cluster, active, namespace, scaler),
        ),
    )


def _nodes(cluster: ClusterSnapshot, conversions: NodeConversions) -> tuple[Node, ...] | None:
    if cluster.nodes is None:
        return None
    return gpu_nodes(cluster.nodes, cluster.slices, cluster.pods, cluster.claims, conversions)


def _scaler(cluster: ClusterSnapshot, active: ActiveScaler, wanted: int | None) -> Scaler | None:
    scaler = make_scaler(active, cluster)
    # KEDA's object does not show whether the workers have been scaled in already.
    if scaler and wanted is not None and wanted <= (scaler.idle or 0):
        return replace(scaler, cooldown_left=None)
    return scaler


def _refusal(cluster: ClusterSnapshot, active: ActiveScaler, deployment: Object | None) -> str:
    target = None if active.scaled_job else deployment
    return refusal(target, cluster.jobs or (), cluster.events or (), cluster.at)


def _refusal_warnings(reason: str) -> tuple[str, ...]:
    return (
        (f"The cluster refuses to create pods of workers: {end_sentence(reason)}",)
        if reason
        else ()
    )


def _wanted(
    cluster: ClusterSnapshot, active: ActiveScaler, deployment: Object | None
) -> int | None:
    """Return the number of workers that the scaler requested; None if it could not be read."""
    if active.scaled_job:
        return None if cluster.jobs is None else sum(not _has_ended(job) for job in cluster.jobs)
    # The autoscaler's desired replicas are outdated while KEDA keeps the target at zero.
    return deployment["spec"].get("replicas") if deployment else None


def _has_ended(job: Object) -> bool:
    return any(condition_status(job, end) for end in ("Complete", "Failed"))


def _scaler_warnings(
    cluster: ClusterSnapshot, active: ActiveScaler, namespace: str, scaler: str
) -> tuple[str, ...]:
    """Return a sentence if there is no scaler, or more than one."""
    if active.is_ambiguous:
        return (
            f"A ScaledObject and a ScaledJob {scaler} both start workers; the first is shown. "
            f"Delete one: kubectl -n {namespace} delete scaledjob {scaler}",
        )
    if cluster.scaled_objects is None or cluster.scaled_jobs is None:
        return ()
    if active.scaled_object or active.scaled_job:
        return ()
    return (
        f"There is no ScaledObject and no ScaledJob {scaler} in the namespace {namespace}: "
        "make deploy-scaledobject, or deploy-scaledjob.",
    )
