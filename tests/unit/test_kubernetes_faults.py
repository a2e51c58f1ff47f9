"""Faults in a cluster that succeed in part: what was done is said, and can be undone."""

import pytest

from core.errors import FleetError
from dashboard.chaos import kubernetes
from dashboard.chaos.kubernetes import KubernetesFaults
from dashboard.fleet.kubernetes import lists
from dashboard.fleet.kubernetes.client import ListFailed, Object

PODS = "/api/v1/namespaces/live/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/live/deployments"
SCALED_OBJECTS = "/apis/keda.sh/v1alpha1/namespaces/live/scaledobjects"


def pod(name: str, **labels: str) -> Object:
    """Return a running pod."""
    created = {"creationTimestamp": "2026-01-01T00:00:00Z"}
    return {
        "metadata": {"name": name, "labels": labels, **created},
        "status": {"phase": "Running"},
    }


def worker(name: str) -> Object:
    return pod(name, **{"app.kubernetes.io/name": "worker"})


class ApiServer:
    """Answers with the errors that a test sets, and remembers the requests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.errors: dict[str, ListFailed] = {}
        self.requests: list[tuple[str, str, dict | None]] = []
        self.objects: dict[str, list[Object]] = {PODS: [worker("a"), worker("b")]}
        monkeypatch.setattr(kubernetes, "connect", lambda _connections: None)
        for module in (kubernetes, lists):
            monkeypatch.setattr(module, "request", self.request)

    def request(self, _api, method: str, path: str, query=None, body=None) -> Object:  # noqa: ARG002
        """Remember a request; return the list of a path."""
        self.requests.append((method, path, body))
        if path in self.errors:
            raise self.errors[path]
        return {"items": self.objects.get(path, [])}

    def evicted(self) -> list[str]:
        """Return the names of the pods whose eviction was requested."""
        return [path.split("/")[-2] for method, path, _ in self.requests if method == "POST"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> ApiServer:
    return ApiServer(monkeypatch)


@pytest.mark.parametrize(
    ("errors", "result"),
    [
        ({}, "gpu-1 drained of 2 workers"),
        ({f"{PODS}/a/eviction": 404}, "gpu-1 drained of 2 workers"),  # it ended meanwhile
        (
            {f"{PODS}/a/eviction": 429},
            "gpu-1 cordoned, 1 of 2 workers evicted: The cluster did not evict the pod a now: a "
            "PodDisruptionBudget protects it",
        ),
        (
            {f"{PODS}/a/eviction": 500, f"{PODS}/b/eviction": 500},
            "gpu-1 cordoned, 0 of 2 workers evicted: The cluster did not evict the pod a. Broken",
        ),
        ({PODS: 500}, "gpu-1 cordoned, no worker evicted: Broken"),
        ({DEPLOYMENTS: 500}, "gpu-1 cordoned, no worker evicted: Broken"),
        ({SCALED_OBJECTS: 404}, "gpu-1 drained of 2 workers"),  # no KEDA
    ],
)
def test_drain_evicts_what_it_can_and_says_that_the_node_is_cordoned(server, errors, result):
    """A worker that cannot be evicted hides neither the cordon nor the other evictions."""
    server.errors = {path: ListFailed("Broken.", status) for path, status in errors.items()}
    assert KubernetesFaults("live", "worker").drain("gpu-1") == result
    assert len(server.evicted()) == (0 if "no worker evicted" in result else 2)


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        (None, {"app.kubernetes.io/name": "painters"}),  # no Deployment: the scaler's own name
        ("painters", {"team": "art"}),
        ("gpu-painters", {"team": "art"}),
    ],
)
def test_drain_evicts_the_workers_that_the_page_shows(server, target, labels):
    """The workers of another SCALER_NAME are evicted as well, and pods beside them stay."""
    server.objects[PODS] = [
        pod("fleet", **labels),
        pod("job", **{"scaledjob.keda.sh/name": "painters"}),
        pod("dashboard", **{"app.kubernetes.io/name": "dashboard"}),
    ]
    if target:
        selector = {"matchLabels": labels}
        scaled = {"metadata": {}, "spec": {"scaleTargetRef": {"name": target}}}
        server.objects[SCALED_OBJECTS] = [scaled]
        server.objects[DEPLOYMENTS] = [
            {"metadata": {"name": target}, "spec": {"selector": selector}}
        ]
    assert KubernetesFaults("live", "painters").drain("gpu-1") == "gpu-1 drained of 2 workers"
    assert server.evicted() == ["fleet", "job"]


def test_worker_that_ends_already_is_not_evicted(server):
    """A pod that is being deleted needs no eviction, and is not counted."""
    server.objects[PODS][0]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:01Z"
    assert KubernetesFaults("live", "worker").drain("gpu-1") == "gpu-1 drained of 1 worker"
    assert server.evicted() == ["b"]


def test_node_that_is_not_cordoned_is_not_drained(server):
    """Without the right to cordon nothing is done, and the error says so."""
    server.errors = {"/api/v1/nodes/gpu-1": ListFailed("No.", 403)}
    with pytest.raises(FleetError, match="does not let the dashboard cordon"):
        KubernetesFaults("live", "worker").drain("gpu-1")
    assert len(server.requests) == 1


def test_resume_ends_each_pause_that_the_page_shows(server):
    """A pause at a number of workers is shown as a pause, so Resume must end it, too."""
    KubernetesFaults("live", "worker").set_paused(False)
    [(_, _, body)] = server.requests
    assert body["metadata"]["annotations"] == {
        "autoscaling.keda.sh/paused": None,
        "autoscaling.keda.sh/paused-replicas": None,
    }
