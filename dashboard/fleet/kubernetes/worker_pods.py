"""The pods that are workers, and what is known about each beside its object."""

from collections.abc import Iterable, Iterator, Mapping

from dashboard.domain.workers import WorkerView
from dashboard.fleet.kubernetes.client import Object
from dashboard.fleet.kubernetes.cluster import ClusterSnapshot
from dashboard.fleet.kubernetes.event_digest import EventDigest
from dashboard.fleet.kubernetes.pods import PodContext, is_outdated, scheduled_at
from dashboard.fleet.kubernetes.values import condition_status, created_at, labels_of

_NODE_LIST_DELAY_SECONDS = 20.0
"""After this, a node that has pods must be known; one that is new may be announced later."""
_OWNER_LABEL = "scaledjob.keda.sh/name"
"""KEDA's label of a ScaledJob's Jobs and their pods."""


def worker_pods(cluster: ClusterSnapshot, deployment: Object | None, scaler: str) -> list[Object]:
    """Return the pods that are workers, oldest first."""
    labels = {"app.kubernetes.io/name": scaler}
    if deployment:
        labels = deployment["spec"]["selector"].get("matchLabels") or labels
    pods = [
        pod
        for pod in cluster.pods or ()
        if _has_labels(pod, labels) or _has_labels(pod, {_OWNER_LABEL: scaler})
    ]
    return sorted((pod for pod in pods if not is_outdated(pod, cluster.at)), key=created_at)


def _has_labels(pod: Object, labels: dict[str, str]) -> bool:
    return labels.items() <= labels_of(pod).items()


def contexts(
    pods: Iterable[Object],
    cluster: ClusterSnapshot,
    views: dict[str, WorkerView],
    digest: EventDigest,
) -> Iterator[tuple[Object, PodContext]]:
    """Yield each pod with what is known beside its object."""
    ready_nodes = {
        node["metadata"]["name"]: condition_status(node, "Ready") is True
        for node in cluster.nodes or ()
    }
    for pod in pods:
        metadata = pod["metadata"]
        yield (
            pod,
            PodContext(
                view=views.get(metadata["name"]),
                newest_event=digest.reasons.get(metadata["uid"], ""),
                announcement=digest.announcements.get(metadata["uid"]),
                node_is_ready=cluster.nodes is None or _node_is_ready(pod, ready_nodes, cluster.at),
            ),
        )


def _node_is_ready(pod: Object, ready_nodes: Mapping[str, bool], now: float) -> bool:
    is_ready = ready_nodes.get(pod["spec"].get("nodeName"))
    if is_ready is None:  # the node is deleted, or newer than the list of nodes
        return now - scheduled_at(pod) < _NODE_LIST_DELAY_SECONDS
    return is_ready
