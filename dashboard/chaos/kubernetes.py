"""Faults of the workers in a cluster, with the rights of k8s/components/chaos.

Sources:
    https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ for evictions, and KEDA's
    apis/keda/v1alpha1/scaledobject_types.go and scaledjob_types.go for its annotation.
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import FleetError
from dashboard.fleet.kubernetes.client import ListFailed, Object, connect, request
from dashboard.fleet.kubernetes.cluster import ClusterSnapshot
from dashboard.fleet.kubernetes.kinds import KINDS
from dashboard.fleet.kubernetes.lists import Objects, list_kind, list_objects
from dashboard.fleet.kubernetes.scaler import active_scaler, scaled_deployment
from dashboard.fleet.kubernetes.worker_pods import worker_pods
from dashboard.presentation.formatting import pluralize

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_FORBIDDEN, _NOT_FOUND, _TOO_MANY_REQUESTS = 403, 404, 429
_SCALERS = ("scaledobjects", "scaledjobs")
_PAUSED = "autoscaling.keda.sh/paused"
_PAUSED_AT = "autoscaling.keda.sh/paused-replicas"
_AT_ONCE = "1"
"""Grace period in seconds. With 0 the API server would remove a pod that may still run."""
_HOW_TO_ALLOW = "add the component chaos to the overlay (docs/kubernetes.md)"


class KubernetesFaults:
    """Faults of the workers that KEDA scales in one namespace.

    Args:
        namespace: that of the workers.
        scaler: the name of the ScaledObject or ScaledJob.

    """

    def __init__(self, namespace: str, scaler: str) -> None:
        self._kinds = {kind.name: kind.of(namespace, scaler) for kind in KINDS}
        self._pods = self._kinds["pods"].path
        self._keda = f"/apis/keda.sh/v1alpha1/namespaces/{namespace}"
        self._scaler = scaler

    def kill(self, worker: str) -> None:
        """Delete a worker's pod with a grace period of a second. Raises FleetError."""
        query = {"gracePeriodSeconds": _AT_ONCE}
        _send(connect(1), "DELETE", f"{self._pods}/{worker}", f"delete the pod {worker}", query)

    def drain(self, node: str) -> str:
        """Cordon a node and evict its workers; return what was done, as a clause.

        Raises FleetError if the node is not cordoned. One that is stays so when a worker cannot be
        evicted, and the others are evicted.
        """
        api = connect(1)
        _cordon(api, node, unschedulable=True)
        try:
            workers = self._workers_on(api, node)
        except FleetError as error:
            return f"{node} cordoned, no worker evicted: {_without_period(error)}"
        return _describe_drain(node, [self._evict(api, pod) for pod in workers])

    def _workers_on(self, api: "ApiClient", node: str) -> list[Object]:
        """Return the pods on a node that the page shows as workers, without those that end."""
        cluster = ClusterSnapshot(
            time.time(),
            list_objects(api, self._pods, fieldSelector=f"spec.nodeName={node}"),
            scaled_objects=self._list(api, "scaled_objects"),
            deployments=self._list(api, "deployments"),
        )
        deployment = scaled_deployment(cluster, active_scaler(cluster), self._scaler)
        workers = worker_pods(cluster, deployment, self._scaler)
        return [pod for pod in workers if "deletionTimestamp" not in pod["metadata"]]

    def _list(self, api: "ApiClient", kind: str) -> Objects | None:
        """Return the objects of a kind; None without the kind, or the right to list it."""
        result = list_kind(api, self._kinds[kind])
        if result.error and not result.is_about_kind:
            raise FleetError(result.error)
        return result.objects

    def uncordon(self, node: str) -> None:
        """Let a node take pods again. Raises FleetError."""
        _cordon(connect(1), node, unschedulable=False)

    def set_paused(self, paused: bool) -> None:
        """Set KEDA's annotation of a pause, or remove those of all pauses. Raises FleetError."""
        api = connect(1)
        annotations = {_PAUSED: "true"} if paused else {_PAUSED: None, _PAUSED_AT: None}
        patch = {"metadata": {"annotations": annotations}}
        if not any(self._patch_scaler(api, kind, patch) for kind in _SCALERS):
            raise FleetError(f"The cluster has no ScaledObject and no ScaledJob {self._scaler}.")

    def _patch_scaler(self, api: "ApiClient", kind: str, patch: Object) -> bool:
        """Patch KEDA's object of one kind; False if there is none."""
        try:
            request(api, "PATCH", f"{self._keda}/{kind}/{self._scaler}", body=patch)
        except ListFailed as error:
            if error.status == _NOT_FOUND:
                return False
            raise FleetError(_explain(error, f"pause or resume {self._scaler}")) from None
        return True

    def _evict(self, api: "ApiClient", worker: Object) -> FleetError | None:
        """Evict a worker; return the error. One that has ended meanwhile is evicted."""
        name = worker["metadata"]["name"]
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        try:
            request(api, "POST", f"{self._pods}/{name}/eviction", body=eviction)
        except ListFailed as error:
            if error.status != _NOT_FOUND:
                return FleetError(_explain(error, f"evict the pod {name}"))
        return None


def _describe_drain(node: str, evictions: Sequence[FleetError | None]) -> str:
    errors = [error for error in evictions if error]
    if not errors:
        return f"{node} drained of {pluralize(len(evictions), 'worker')}"
    evicted = f"{len(evictions) - len(errors)} of {pluralize(len(evictions), 'worker')} evicted"
    return f"{node} cordoned, {evicted}: {_without_period(errors[0])}"


def _without_period(error: FleetError) -> str:
    return str(error).removesuffix(".")


def _cordon(api: "ApiClient", node: str, *, unschedulable: bool) -> None:
    patch = {"spec": {"unschedulable": unschedulable or None}}
    done = f"{'cordon' if unschedulable else 'uncordon'} the node {node}"
    _send(api, "PATCH", f"/api/v1/nodes/{node}", done, body=patch)


def _send(
    api: "ApiClient",
    method: str,
    path: str,
    action: str,
    query: dict[str, str] | None = None,
    body: Object | None = None,
) -> None:
    """Send a request; raise FleetError with a sentence that names the action."""
    try:
        request(api, method, path, query, body)
    except ListFailed as error:
        raise FleetError(_explain(error, action)) from None


def _explain(error: ListFailed, action: str) -> str:
    if error.status == _FORBIDDEN:
        return f"The cluster does not let the dashboard {action}: {_HOW_TO_ALLOW}."
    if error.status == _NOT_FOUND:
        return f"The cluster could not {action}: it does not exist any more."
    if error.status == _TOO_MANY_REQUESTS:
        return f"The cluster did not {action} now: a PodDisruptionBudget protects it."
    return f"The cluster did not {action}. {error}"
