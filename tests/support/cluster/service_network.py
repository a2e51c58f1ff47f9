"""Resolve the names of Services to the addresses of the tests' servers.

There is no cluster network. Names of Services in a pod's environment are replaced by the servers'
addresses; KEDA, which takes its broker's address from a Secret, uses an HTTP proxy that resolves
the same names.
"""

import http.client
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Services = Mapping[str, str]
"""``name:port`` of a Service to ``host:port`` of its server."""

# A Service's short name, or with its namespace: rabbitmq, rabbitmq.live.svc.cluster.local
_ADDRESS = re.compile(r"(?<![\w.-])([a-z][a-z0-9-]*)(?:\.[a-z0-9.-]+)?:(\d+)")


def translate(services: Services, text: str) -> str:
    """Replace the names of Services in a text by their addresses."""
    return _ADDRESS.sub(lambda match: services.get(f"{match[1]}:{match[2]}", match[0]), text)


class ServiceProxy:
    """An HTTP proxy on a free port that resolves the names of Services."""

    def __init__(self, services: Services) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _ProxyRequest)
        self._server.services = services
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _ProxyRequest(BaseHTTPRequestHandler):
    """A request to a proxy, whose target is a whole URL (RFC 9112, section 3.2.2)."""

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        address = self.server.services.get(f"{target.hostname.partition('.')[0]}:{target.port}")
        if address is None:
            self.send_error(502, f"There is no Service {target.netloc.rpartition('@')[2]}")
            return
        try:
            self._forward(address, self.path.partition(target.netloc)[2])
        except OSError as error:
            self.send_error(502, str(error))

    def log_message(self, *_: object) -> None:
        """Keep KEDA's requests, every few seconds, out of the tests' output."""

    def _forward(self, address: str, path: str) -> None:
        connection = http.client.HTTPConnection(address, timeout=5)
        connection.request("GET", path, headers=dict(self.headers))
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        self.send_response(answer.status)
        for name in ("Content-Type", "Content-Encoding"):
            if value := answer.getheader(name):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
