"""HTTP server of a worker: ``/healthz`` for probes and ``/metrics`` for Prometheus."""

import json
import logging
import socket
import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from core.errors import SettingsError
from worker.health import Health

log = logging.getLogger(__name__)

_MAX_CONNECTIONS = 256
"""Each has a thread and an open file."""
_SILENCE_SECONDS = 5.0
"""After which a connection without a request is closed."""


def serve(port: int, health: Health) -> ThreadingHTTPServer:
    """Serve on ``port`` in a background thread. Raises SettingsError if the port is in use."""
    try:
        server = _Server(("", port), partial(_Handler, health))
    except OSError as error:
        raise SettingsError(f"WORKER_PORT {port} cannot be used: {error.strerror}.") from None
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    return server


class _Server(ThreadingHTTPServer):
    """Listens on IPv6 and IPv4: a probe comes from either, on an IPv6-only cluster from IPv6."""

    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET

    def __init__(self, *arguments: Any) -> None:
        self._free = threading.BoundedSemaphore(_MAX_CONNECTIONS)
        super().__init__(*arguments)

    def server_bind(self) -> None:
        """Accept IPv4 on the IPv6 socket too, whatever the system's default is."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection in a thread, or close it."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # there is no thread; the caller closes the connection
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handle a connection until it is closed."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log an error as a record; a client that closed its connection is none."""
        if not isinstance(sys.exception(), ConnectionError):
            log.exception("A request was not answered.")


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENCE_SECONDS

    def __init__(self, health: Health, *arguments: Any) -> None:
        self._health = health
        super().__init__(*arguments)  # handles the request

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._healthz()
        elif self.path == "/metrics":
            self._respond(200, CONTENT_TYPE_LATEST, generate_latest())
        else:
            self._respond(404, "text/plain", b"The paths are /healthz and /metrics.\n")

    def log_message(self, *_: object) -> None:
        """Log nothing: probes send a request every few seconds."""

    def _healthz(self) -> None:
        # A startup probe waits until the model is loaded; a liveness probe restarts a worker whose
        # generator hangs.
        loaded = bool(REGISTRY.get_sample_value("worker_model_loaded"))
        stalled = self._health.stalled
        state = {"model": "loaded" if loaded else "loading"}
        if stalled:
            state["stalled"] = ", ".join(stalled)
        healthy = loaded and not stalled
        self._respond(200 if healthy else 503, "application/json", json.dumps(state).encode())

    def _respond(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
