"""Poll the cluster: watch the kinds of many objects, and list the others at each poll.

What a poll takes depends on what changed, not on the size of the cluster. The lists are of few
objects, and show that the API server and its database answer at this moment.
"""

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import FleetError
from dashboard.fleet.kubernetes.connection import Connection
from dashboard.fleet.kubernetes.kinds import KINDS, Kind
from dashboard.fleet.kubernetes.lists import ListResult, Objects, list_kind
from dashboard.fleet.kubernetes.watched import Watched

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_POLL_TIMEOUT_SECONDS = 2.5
"""A list that takes longer is used by a later poll."""
_MAX_AGE_SECONDS = 8.0
"""An earlier list of this age is used while a newer one is late."""
_SCALERS = ("scaled_objects", "scaled_jobs", "autoscalers")


@dataclass(frozen=True)
class ClusterSnapshot:
    """The cluster's objects at one time; None for kinds that could not be read."""

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


@dataclass
class _Listed:
    """A kind that is listed, its newest result, and the request in progress."""

    kind: Kind
    result: ListResult = field(default_factory=lambda: ListResult(0.0))
    request: Future[ListResult] | None = None


class Cluster:
    """Polls the objects of one namespace."""

    def __init__(self, namespace: str, scaler: str) -> None:
        kinds = [kind.of(namespace, scaler) for kind in KINDS]
        self._connection = Connection(len(kinds))
        self._watched_kinds = [kind for kind in kinds if kind.is_watched]
        self._watched: list[Watched] = []
        self._listed = [_Listed(kind) for kind in kinds if not kind.is_watched]
        self._threads = ThreadPoolExecutor(len(self._listed), "list")

    def poll(self) -> ClusterSnapshot:
        """Return the cluster's current state. Raises FleetError if nothing can be read."""
        now = time.time()
        self._request(self._connection.api(_POLL_TIMEOUT_SECONDS))
        self._wait(time.monotonic() + _POLL_TIMEOUT_SECONDS)
        for listed in self._listed:
            _collect(listed)
        lists = {listed.kind.name: _newest(listed, now) for listed in self._listed}
        results = {each.kind.name: each.result() for each in self._watched} | lists
        if sentence := _failure(lists.values(), results.values()):
            self._connection.renew()
            raise FleetError(sentence)
        return snapshot_of(results, now)

    def close(self) -> None:
        """End all threads once their requests are answered; returns at once."""
        self._threads.shutdown(wait=False)
        self._connection.close()
        for watched in self._watched:
            watched.stop()

    def _request(self, api: "ApiClient") -> None:
        """Start the lists; and the watches, if this is the first poll."""
        if not self._watched:
            self._watched = [Watched(kind, api) for kind in self._watched_kinds]
            for watched in self._watched:
                watched.start()
        for watched in self._watched:
            watched.use(api)
        for listed in self._listed:
            if listed.request is None:
                listed.request = self._threads.submit(list_kind, api, listed.kind)

    def _wait(self, deadline: float) -> None:
        """Wait for the lists of this poll, and for the first one of each kind that is watched."""
        requests = [listed.request for listed in self._listed if listed.request]
        wait(requests, deadline - time.monotonic())
        for watched in self._watched:
            watched.wait(max(0.0, deadline - time.monotonic()))


def list_scalers(api: "ApiClient", namespace: str, scaler: str, now: float) -> ClusterSnapshot:
    """List KEDA's objects and the autoscalers once; the snapshot has nothing else."""
    kinds = [kind.of(namespace, scaler) for kind in KINDS if kind.name in _SCALERS]
    return snapshot_of({kind.name: list_kind(api, kind) for kind in kinds}, now)


def _collect(listed: _Listed) -> None:
    if listed.request and listed.request.done():
        request, listed.request = listed.request, None
        listed.result = request.result()


def _newest(listed: _Listed, now: float) -> ListResult:
    if listed.request is None or now - listed.result.at < _MAX_AGE_SECONDS:
        return listed.result
    return ListResult(now, None, f"Listing {listed.kind.plural} takes too long.")


def _failure(lists: Iterable[ListResult], results: Iterable[ListResult]) -> str | None:
    """Return why nothing can be read; None if something can.

    A server that answers no list fails, whatever its watches have sent before. An error of the
    server comes first: that one kind is forbidden, too, explains nothing.
    """
    results = sorted(results, key=lambda each: each.is_about_kind)
    no_list = all(each.objects is None and not each.is_about_kind for each in lists)
    nothing = all(each.objects is None for each in results)
    if no_list or nothing:
        return next(each.error for each in results if each.error)
    return None


def snapshot_of(results: dict[str, ListResult], now: float) -> ClusterSnapshot:
    """Return the snapshot that the results of all kinds make, by the kinds' names."""
    return ClusterSnapshot(
        at=now,
        warnings=_unique(result.error for result in results.values()),
        **{name: result.objects for name, result in results.items()},
    )


def _unique(sentences: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))
