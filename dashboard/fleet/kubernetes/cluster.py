"""Poll the cluster: list all kinds of objects concurrently, and keep the newest result of each.

Lists, not watches: each list has an age, and needs no recovery after a lost connection. Lists
are paginated, and large ones that change slowly are requested less often.
"""

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import FleetError
from dashboard.fleet.kubernetes.client import ListFailed, Object, list_objects
from dashboard.fleet.kubernetes.connection import Connection
from dashboard.fleet.kubernetes.kinds import KINDS, Kind

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_POLL_TIMEOUT_SECONDS = 2.5
"""A list that takes longer is used by a later poll."""
_MAX_AGE_SECONDS = 8.0
"""An earlier list of this age is used while a newer one is late."""
_SCALERS = ("scaled_objects", "scaled_jobs", "autoscalers")

Objects = tuple[Object, ...]


@dataclass(frozen=True)
class ClusterSnapshot:
    """The cluster's objects at one time; None for kinds that could not be listed."""

    at: float
    """Unix seconds."""
    pods: Objects | None = None
    scaled_objects: Objects | None = None
    scaled_jobs: Objects | None = None
    autoscalers: Objects | None = None
    deployments: Objects | None = None
    jobs: Objects | None = None
    nodes: Objects | None = None
    slices: Objects | None = None
    claims: Objects | None = None
    events: Objects | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListResult:
    """The objects of one list, or the error."""

    at: float
    objects: Objects | None = None
    error: str | None = None


@dataclass
class _Listing:
    """One kind, its newest result, and the request in progress."""

    kind: Kind
    result: ListResult = field(default_factory=lambda: ListResult(0.0))
    request: Future[ListResult] | None = None


class Cluster:
    """Polls the objects of one namespace."""

    def __init__(self, namespace: str, scaler: str) -> None:
        self._namespace = namespace
        self._scaler = scaler
        self._connection = Connection(len(KINDS))
        self._listings = [_Listing(kind) for kind in KINDS]
        self._threads = ThreadPoolExecutor(len(KINDS), "list")

    def poll(self) -> ClusterSnapshot:
        """List what is due. Raises FleetError with a sentence if nothing can be read."""
        now = time.time()
        self._submit_requests(self._connection.api(_POLL_TIMEOUT_SECONDS), now)
        requested = [listing for listing in self._listings if listing.request]
        wait([listing.request for listing in requested if listing.request], _POLL_TIMEOUT_SECONDS)
        for listing in requested:
            _collect(listing)
        results = {listing.kind.name: _newest(listing, now) for listing in self._listings}
        # Results of earlier polls alone do not describe the cluster's current state.
        failed = [results[listing.kind.name].objects is None for listing in requested]
        if failed and all(failed):
            self._connection.renew()
            raise FleetError(next(result.error for result in results.values() if result.error))
        return _snapshot(results, now)

    def _submit_requests(self, api: "ApiClient", now: float) -> None:
        for listing in self._listings:
            is_due = now - listing.result.at >= listing.kind.every
            if listing.request is None and is_due:
                listing.request = self._threads.submit(self._list, api, listing.kind)

    def _list(self, api: "ApiClient", kind: Kind) -> ListResult:
        return _list_kind(api, kind, self._namespace, self._scaler)


def list_scalers(api: "ApiClient", namespace: str, scaler: str, now: float) -> ClusterSnapshot:
    """List KEDA's objects and the autoscalers once; the snapshot has nothing else."""
    kinds = [kind for kind in KINDS if kind.name in _SCALERS]
    results = {kind.name: _list_kind(api, kind, namespace, scaler) for kind in kinds}
    return _snapshot(results, now)


def _list_kind(api: "ApiClient", kind: Kind, namespace: str, scaler: str) -> ListResult:
    name, _, value = kind.selector.format(scaler=scaler).partition("=")
    query = {name: value} if name else {}
    try:
        paths = (path.format(namespace=namespace) for path in kind.paths)
        return ListResult(time.time(), list_objects(api, *paths, **query))
    except ListFailed as error:
        return failed_result(kind, error, time.time())
    except FleetError as error:  # the login plugin could not renew the token
        return ListResult(time.time(), None, str(error))


def failed_result(kind: Kind, error: ListFailed, now: float) -> ListResult:
    """Return the result of a list that failed."""
    if error.status == 404:
        return ListResult(now, None if kind.not_found else (), kind.not_found)
    if error.status == 403:
        sentence = f"The cluster does not let the dashboard list {kind.plural}."
        return ListResult(now, None, sentence)
    return ListResult(now, None, str(error))


def _collect(listing: _Listing) -> None:
    if listing.request and listing.request.done():
        request, listing.request = listing.request, None
        listing.result = request.result()


def _newest(listing: _Listing, now: float) -> ListResult:
    if listing.request is None or now - listing.result.at < _MAX_AGE_SECONDS:
        return listing.result
    return ListResult(now, None, f"Listing {listing.kind.plural} takes too long.")


def _snapshot(results: dict[str, ListResult], now: float) -> ClusterSnapshot:
    return ClusterSnapshot(
        at=now,
        warnings=_unique(result.error for result in results.values()),
        **{name: result.objects for name, result in results.items()},
    )


def _unique(sentences: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))
