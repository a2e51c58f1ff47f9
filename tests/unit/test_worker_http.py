"""A worker's own port."""

from collections.abc import Iterator

import httpx
import pytest

from core.errors import SettingsError
from tests.support.conditions import free_port
from worker import metrics
from worker.http import serve


@pytest.fixture
def address() -> Iterator[str]:
    port = free_port()
    server = serve(port)
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


def test_probes_hear_when_the_model_is_loaded(address: str):
    """A start-up probe waits with 503 until the worker can paint."""
    metrics.MODEL_LOADED.set(0)
    assert httpx.get(f"{address}/healthz").status_code == 503
    metrics.MODEL_LOADED.set(1)
    assert httpx.get(f"{address}/healthz").json() == {"model": "loaded"}


def test_prometheus_counts_jobs_by_their_result(address: str):
    """What became of the jobs is a number per result."""
    before = _done(address)
    metrics.JOBS.labels("done").inc()
    assert _done(address) == before + 1


def test_other_paths_are_not_found(address: str):
    """A mistyped path says which ones there are."""
    answer = httpx.get(f"{address}/health")
    assert answer.status_code == 404
    assert "/healthz" in answer.text


def test_a_port_in_use_is_named():
    """The second worker on a port reads which setting to change."""
    port = free_port()
    server = serve(port)
    with pytest.raises(SettingsError, match=f"WORKER_PORT {port} cannot be used"):
        serve(port)
    server.shutdown()
    server.server_close()


def _done(address: str) -> float:
    lines = httpx.get(f"{address}/metrics").text.splitlines()
    found = [line for line in lines if line.startswith('worker_jobs_total{result="done"}')]
    return float(found[0].split()[-1]) if found else 0.0
