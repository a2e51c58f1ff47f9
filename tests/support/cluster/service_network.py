"""What a cluster's DNS and its Services do: lead names to where a server listens.

Nothing here has a cluster address. Where a pod's environment names a Service, the process
that stands for the pod gets the server's real address; and KEDA, which takes its broker's
address from a Secret, is given an HTTP proxy that knows the same names.
"""

import http.client
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Services = Mapping[str, str]
"""``name:port`` of a Service to ``host:port`` of the server that stands for it."""

# A Service's short name, or with its namespace: rabbitmq, rabbitmq.live.svc.cluster.local
_ADDRESS = re.compile(r"(?<![\w.-])([a-z][a-z0-9-]*)(?:\.[a-z0-9.-]+)?:(\d+)")


def translate(services: Services, text: str) -> str:
    """Put real addresses in the place of Services' names, wherever they stand in a text."""
    return _ADDRESS.sub(lambda found: services.get(f"{found[1]}:{found[2]}", found[0]), text)


class ServiceProxy:
    """An HTTP proxy on a free port that knows Services by their names."""

    def __init__(self, services: Services) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _ProxyRequest)
        self._server.services = services
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Answer in the background."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _ProxyRequest(BaseHTTPRequestHandler):
    """A request as a proxy gets it: its target is a whole URL (RFC 9112, section 3.2.2)."""

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        address = self.server.services.get(f"{target.hostname.partition('.')[0]}:{target.port}")
        if address is None:
            self.send_error(502, f"There is no Service {target.netloc.rpartition('@')[2]}")
            return
        try:
            self._pass_on(address, self.path.partition(target.netloc)[2])
        except OSError as error:
            self.send_error(502, str(error))

    def log_message(self, *_: object) -> None:
        """Keep KEDA's looks, one every few seconds, out of the tests' output."""

    def _pass_on(self, address: str, path: str) -> None:
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
