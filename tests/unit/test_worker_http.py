"""The HTTP server of a worker."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from core.errors import SettingsError
from tests.support.conditions import free_port, wait_until
from worker import http, metrics
from worker.health import STALLED_AFTER_SECONDS, Health
from worker.http import serve


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def address(health: Health) -> Iterator[str]:
    port = free_port()
    server = serve(port, health)
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


def test_healthz_reports_whether_the_model_is_loaded(address: str):
    """The status is 503 until the model is loaded, for the startup probe."""
    metrics.MODEL_LOADED.set(0)
    assert httpx.get(f"{address}/healthz").status_code == 503
    metrics.MODEL_LOADED.set(1)
    assert httpx.get(f"{address}/healthz").json() == {"model": "loaded"}


def test_healthz_fails_while_the_generator_hangs(
    address: str, health: Health, monkeypatch: pytest.MonkeyPatch
):
    """Liveness means progress: a call of the pipeline without a step for too long fails it."""
    metrics.MODEL_LOADED.set(1)
    pulse = health.watch("denoiser")
    with pulse:
        assert httpx.get(f"{address}/healthz").status_code == 200
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + STALLED_AFTER_SECONDS + 1)
        response = httpx.get(f"{address}/healthz")
        assert response.status_code == 503
        assert response.json() == {"model": "loaded", "stalled": "denoiser"}
        pulse.beat()
        assert httpx.get(f"{address}/healthz").status_code == 200


def test_metrics_count_jobs_by_result(address: str):
    """Each result of jobs has a counter."""
    before = _done(address)
    metrics.JOBS.labels("done").inc()
    assert _done(address) == before + 1


def test_unknown_path_returns_404(address: str):
    """The response lists the valid paths."""
    response = httpx.get(f"{address}/health")
    assert response.status_code == 404
    assert "/healthz" in response.text


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 on this machine")
def test_probes_by_ipv6_and_ipv4(address: str):
    """On an IPv6-only cluster the kubelet's probe comes from an IPv6 address."""
    metrics.MODEL_LOADED.set(1)
    port = address.rpartition(":")[2]
    for host in ("127.0.0.1", "[::1]"):
        assert httpx.get(f"http://{host}:{port}/healthz").status_code == 200


def test_port_without_ipv6(monkeypatch: pytest.MonkeyPatch):
    """A kernel without IPv6 serves IPv4."""
    monkeypatch.setattr(http._Server, "address_family", socket.AF_INET)
    port = free_port()
    server = serve(port, Health())
    assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200
    server.shutdown()
    server.server_close()


def test_port_in_use_raises_settings_error():
    """The error names the setting to change."""
    port = free_port()
    server = serve(port, Health())
    with pytest.raises(SettingsError, match=f"WORKER_PORT {port} cannot be used"):
        serve(port, Health())
    server.shutdown()
    server.server_close()


def _done(address: str) -> float:
    lines = httpx.get(f"{address}/metrics").text.splitlines()
    matching = [line for line in lines if line.startswith('worker_jobs_total{result="done"}')]
    return float(matching[0].split()[-1]) if matching else 0.0


def test_idle_connections_leave_room_for_probes(monkeypatch: pytest.MonkeyPatch):
    """However many clients send nothing, threads are bounded and the probe is answered soon."""
    monkeypatch.setattr(http, "_MAX_CONNECTIONS", 4)
    monkeypatch.setattr(http._Handler, "timeout", 0.2)
    metrics.MODEL_LOADED.set(1)
    port, before = free_port(), threading.active_count()
    with serve(port, Health()) as server, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert threading.active_count() <= before + 1 + 4
        wait_until(lambda: _is_healthy(port), what="the probe is answered")
        server.shutdown()


def _is_healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").is_success
    except httpx.TransportError:
        return False


def test_connection_without_a_thread_takes_no_place(
    health: Health, monkeypatch: pytest.MonkeyPatch
):
    """After the machine had no threads left for a while, probes are answered again."""
    server = serve(port := free_port(), health)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(http.ThreadingHTTPServer, "process_request", _start_no_thread)
            for _ in range(http._MAX_CONNECTIONS):
                with pytest.raises(RuntimeError):
                    server.process_request(None, None)
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200
    finally:
        server.shutdown()
        server.server_close()


def _start_no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


def test_probe_that_goes_away_leaves_no_traceback(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    """A probe gives up while the model is loaded; the log has lines of the log's own form only."""
    handled = threading.Event()

    def respond(*_: object) -> None:
        handled.set()
        raise BrokenPipeError

    monkeypatch.setattr(http._Handler, "_respond", respond)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{address}/healthz")
    assert handled.is_set()
    assert capsys.readouterr().err == ""
