"""Faults in a cluster that succeed in part: what was done is said, and can be undone."""

import pytest

from core.errors import FleetError
from dashboard.chaos import kubernetes
from dashboard.chaos.kubernetes import KubernetesFaults
from dashboard.fleet.kubernetes.client import ListFailed

PODS = "/api/v1/namespaces/live/pods"


class ApiServer:
    """Answers with the errors that a test sets, and remembers the requests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.errors: dict[str, ListFailed] = {}
        self.requests: list[tuple[str, str, dict | None]] = []
        monkeypatch.setattr(kubernetes, "connect", lambda _connections: None)
        monkeypatch.setattr(kubernetes, "request", self.request)
        monkeypatch.setattr(kubernetes, "list_objects", self.list_workers)

    def request(self, _api, method: str, path: str, query=None, body=None) -> None:  # noqa: ARG002
        """Remember a request."""
        self.requests.append((method, path, body))
        if path in self.errors:
            raise self.errors[path]

    def list_workers(self, _api, path: str, **_query: str) -> list[dict]:
        """List two workers."""
        if path in self.errors:
            raise self.errors[path]
        labels = {"app.kubernetes.io/name": "worker"}
        return [{"metadata": {"name": name, "labels": labels}} for name in ("a", "b")]


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
    ],
)
def test_drain_evicts_what_it_can_and_says_that_the_node_is_cordoned(server, errors, result):
    """A worker that cannot be evicted hides neither the cordon nor the other evictions."""
    server.errors = {path: ListFailed("Broken.", status) for path, status in errors.items()}
    assert KubernetesFaults("live", "worker").drain("gpu-1") == result
    evicted = [path for method, path, _ in server.requests if method == "POST"]
    assert len(evicted) == (0 if PODS in errors else 2)


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
