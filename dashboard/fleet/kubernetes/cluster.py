"""One look at the cluster: every list side by side, and what became of each.

Lists, not watches: a list tells how old it is, and after a silence there is nothing to
mend. It is read a page at a time, and what is large and slow to change less often.
"""

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import FleetError
from dashboard.fleet.kubernetes.client import ListFailed, Object, connect, list_objects

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_PATIENCE = 2.5
"""Seconds that a look waits for its lists; what comes later counts for the next look."""
_RECONNECT = 5.0
"""Seconds that a connection is tried before another is made."""
_KEPT = 8.0
"""Seconds for which an earlier list stands in for one that is late."""

Objects = tuple[Object, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of objects that is listed."""

    name: str
    """The field of ``ClusterSnapshot``."""
    words: str
    """What a sentence calls them."""
    path: str
    """``{namespace}`` stands for the namespace."""
    every: float = 0.0
    """Seconds between two lists; 0: at every look."""
    selector: str = ""
    """The query parameter that narrows the list to the scaler named ``{scaler}``."""
    absent: str | None = None
    """What it means that the API does not know this kind; None: just that there are none."""


_KEDA_ABSENT = "KEDA is not installed in this cluster."
_KEDA = "/apis/keda.sh/v1alpha1/namespaces/{namespace}"
_NAMED = "fieldSelector=metadata.name={scaler}"

KINDS = (
    Kind("pods", "pods", "/api/v1/namespaces/{namespace}/pods"),
    Kind("scaled_objects", "ScaledObjects", f"{_KEDA}/scaledobjects", 0, _NAMED, _KEDA_ABSENT),
    Kind("scaled_jobs", "ScaledJobs", f"{_KEDA}/scaledjobs", 0, _NAMED, _KEDA_ABSENT),
    Kind(
        "autoscalers",
        "HorizontalPodAutoscalers",
        "/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers",
    ),
    Kind("deployments", "Deployments", "/apis/apps/v1/namespaces/{namespace}/deployments"),
    Kind(
        "jobs",
        "Jobs",
        "/apis/batch/v1/namespaces/{namespace}/jobs",
        0,
        "labelSelector=scaledjob.keda.sh/name={scaler}",
    ),
    Kind("nodes", "nodes", "/api/v1/nodes", 4.0),
    Kind("slices", "ResourceSlices", "/apis/resource.k8s.io/v1/resourceslices", 4.0),
    Kind("events", "events", "/api/v1/namespaces/{namespace}/events", 4.0),
)
"""All that is read. k8s/base/dashboard-rbac.yaml allows exactly these."""


@dataclass(frozen=True)
class ClusterSnapshot:
    """What the API server told at one moment; None where it did not."""

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
    events: Objects | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """How one list ended."""

    at: float
    objects: Objects | None = None
    error: str | None = None
    status: int = 200


@dataclass
class _Listing:
    """One kind, its last answer, and the request under way."""

    kind: Kind
    answer: Answer = field(default_factory=lambda: Answer(0.0))
    request: Future[Answer] | None = None


@dataclass(frozen=True)
class _Connection:
    api: "ApiClient"
    made_at: float


class Cluster:
    """Asks one namespace's API objects, again and again."""

    def __init__(self, namespace: str, scaler: str) -> None:
        self._namespace = namespace
        self._scaler = scaler
        self._connection: _Connection | None = None
        self._listings = [_Listing(kind) for kind in KINDS]
        self._threads = ThreadPoolExecutor(len(KINDS), "list")

    def poll(self) -> ClusterSnapshot:
        """List what is due; raises FleetError with a sentence if nothing can be read."""
        began = time.time()
        asked = self._ask(began)
        wait([listing.request for listing in asked], _PATIENCE)
        for listing in asked:
            _collect(listing)
        return self._told(asked, began)

    def _ask(self, now: float) -> list[_Listing]:
        """Begin the lists that are due; return those that are under way."""
        if self._connection is None:
            self._connection = _Connection(connect(len(KINDS)), now)
        for listing in self._listings:
            if listing.request is None and now - listing.answer.at >= listing.kind.every:
                api = self._connection.api
                listing.request = self._threads.submit(self._list, api, listing.kind)
        return [listing for listing in self._listings if listing.request]

    def _list(self, api: "ApiClient", kind: Kind) -> Answer:
        name, _, value = kind.selector.format(scaler=self._scaler).partition("=")
        query = {name: value} if name else {}
        try:
            path = kind.path.format(namespace=self._namespace)
            return Answer(time.time(), list_objects(api, path, **query))
        except ListFailed as error:
            return refused(kind, error, time.time())

    def _told(self, asked: list[_Listing], now: float) -> ClusterSnapshot:
        answers = {one.kind.name: _newest(one, now) for one in self._listings}
        # What was listed seconds ago is no reading of now.
        if all(answers[one.kind.name].objects is None for one in asked):
            self._connect_anew(now)
            raise FleetError(next(answer.error for answer in answers.values() if answer.error))
        return ClusterSnapshot(
            at=now,
            warnings=_once(answer.error for answer in answers.values()),
            **{name: answer.objects for name, answer in answers.items()},
        )

    def _connect_anew(self, now: float) -> None:
        """Read the kubeconfig again, for a login that was renewed, or a cluster made anew."""
        # Not at each look: a kubeconfig may start a cloud's own program to log in.
        if now - self._connection.made_at > _RECONNECT:
            self._connection = None


def refused(kind: Kind, error: ListFailed, now: float) -> Answer:
    """Say what it means that a kind could not be listed."""
    if error.status == 404:
        objects = None if kind.absent else ()
        return Answer(now, objects, kind.absent, error.status)
    if error.status == 403:
        sentence = f"The cluster does not let the dashboard list {kind.words}."
        return Answer(now, None, sentence, error.status)
    return Answer(now, None, str(error), error.status)


def _collect(listing: _Listing) -> None:
    if listing.request.done():
        done, listing.request = listing.request, None
        listing.answer = done.result()


def _newest(listing: _Listing, now: float) -> Answer:
    if listing.request is None or now - listing.answer.at < _KEPT:
        return listing.answer
    return Answer(now, None, f"The list of {listing.kind.words} does not come.", 0)


def _once(sentences: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))
