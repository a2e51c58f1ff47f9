"""Lists over HTTP: expired pages, slow lists, and responses that are no list."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import FleetError
from dashboard.fleet.kubernetes.client import ListFailed, connect
from dashboard.fleet.kubernetes.cluster import Cluster
from dashboard.fleet.kubernetes.lists import list_objects
from tests.support.conditions import wait_until
from tests.support.kubernetes_objects import kubeconfig
from tests.support.tls_server import listening

PODS = "/api/v1/namespaces/stable-diffusion/pods"
EVENTS = "/api/v1/namespaces/stable-diffusion/events"


class Server:
    """A minimal API server: ``answers`` maps a path to a function of the query."""

    def __init__(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                answer = outer.answers.get(url.path, lambda _query: (200, {"items": []}))
                status, body = answer(query)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, *_):
                pass

        self.answers = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Run such a server, with a kubeconfig for it."""
    server = Server()
    file = tmp_path / "kubeconfig"
    file.write_text(kubeconfig(server.url))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(file))
    yield server
    server.stop()


def page(name, following=""):
    """Return one page of a list with one object."""
    return 200, {"items": [{"name": name}], "metadata": {"continue": following}}


def test_expired_pages_are_listed_again(server):
    """A list whose later pages have expired (410) starts again, and is complete."""
    first_pages = []

    def pods(query):
        if "continue" not in query:
            first_pages.append(query["limit"])
            return page("a", "more")
        return (410, {"message": "expired"}) if len(first_pages) == 1 else page("b")

    server.answers[PODS] = pods
    assert list_objects(connect(1), PODS) == ({"name": "a"}, {"name": "b"})
    assert first_pages == ["500", "500"]


def test_earlier_versions_are_listed_where_there_is_no_newer(server):
    """Clusters before Kubernetes 1.34 have dynamic resource allocation as a beta."""
    v1, beta = "/apis/resource.k8s.io/v1/resourceslices", "/apis/resource.k8s.io/v1beta1/x"
    server.answers[v1] = lambda _query: (404, {"message": "the server could not find it"})
    server.answers[beta] = lambda _query: page("a")
    assert list_objects(connect(1), v1, beta) == ({"name": "a"},)
    with pytest.raises(ListFailed, match="could not find it"):
        list_objects(connect(1), v1)


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (500, {"message": "etcd is down"}, "answered 500: etcd is down"),
        (502, b"<html>Bad Gateway</html>", "answered 502: <html>Bad Gateway</html>"),
        (200, b"<html>Welcome</html>", "not from a Kubernetes API server"),
        (200, b'"Welcome"', "not from a Kubernetes API server"),
        (401, {"message": "Unauthorized"}, "refuses the dashboard's credentials"),
    ],
)
def test_response_that_is_no_list_is_an_error(server, status, body, sentence):
    """A proxy's page, expired credentials and a failing server each have a sentence."""
    server.answers[PODS] = lambda _query: (status, body)
    with pytest.raises(ListFailed, match=sentence):
        list_objects(connect(1), PODS)


def test_slow_list_does_not_delay_the_others(server):
    """While listing events hangs, pods are returned in time, with a warning about the events."""
    done = threading.Event()

    def hang(_query):
        done.wait()  # a poll that waits for the events never returns
        return 200, {"items": []}

    server.answers[EVENTS] = hang
    cluster = Cluster("stable-diffusion", "worker")
    try:
        # On a busy machine other lists are late as well at first.
        snapshot = wait_until(lambda: _poll_with_pods(cluster), what="the pods come")
        assert (snapshot.pods, snapshot.events) == ((), None)
        assert snapshot.warnings == ("Listing events takes too long.",)
    finally:
        done.set()
    wait_until(lambda: cluster.poll().warnings == (), what="the events are listed again")
    cluster.close()


def _poll_with_pods(cluster):
    """Poll; return the snapshot if only the events are missing."""
    try:
        snapshot = cluster.poll()
    except FleetError:
        return None
    return snapshot if len(snapshot.warnings) == 1 and snapshot.pods is not None else None


@pytest.mark.usefixtures("server")
def test_unexpected_error_does_not_end_polling(monkeypatch):
    """After an unexpected exception in one poll, the next polls succeed."""
    cluster = Cluster("stable-diffusion", "worker")
    wait_until(lambda: _polls(cluster), what="the login, which takes seconds on a busy machine")
    with monkeypatch.context() as patch:
        patch.setattr("dashboard.fleet.kubernetes.cluster.list_kind", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cluster.poll()
    wait_until(lambda: _polls(cluster), what="a successful poll")
    cluster.close()


def _polls(cluster):
    try:
        return cluster.poll().pods == ()
    except (ZeroDivisionError, FleetError):
        return False


def test_dashboard_starts_without_importing_kubernetes():
    """Starting the dashboard does not import the kubernetes package, which is slow."""
    code = "import sys, dashboard.runtime; print('kubernetes' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("url", "no_proxy", "proxy"),
    [
        ("https://10.96.0.1:443", "10.96.0.0/12", None),
        ("https://[fd00::1]:443", "fd00::/8", None),
        ("https://api.example:6443", "*.example", None),
        ("https://api.example:6443", ".svc", "http://proxy:3128"),
        ("http://api.example:8001", "", None),
        ("https://127.0.0.1:6443", "", None),
    ],
)
def test_proxy_of_the_environment(tmp_path, monkeypatch, url, no_proxy, proxy):
    """NO_PROXY is read as by every other client; a token never goes to a proxy without TLS."""
    (tmp_path / "kubeconfig").write_text(kubeconfig(url))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    for scheme in ("HTTP", "HTTPS"):
        monkeypatch.setenv(f"{scheme}_PROXY", "http://user:hunter2@proxy:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    configuration = connect(1).configuration
    assert (configuration.proxy or None) == proxy
    assert "hunter2" not in str(configuration.proxy)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_private_authority_of_the_environment(tmp_path, monkeypatch, certificates, variable):
    """A kubeconfig without an authority uses the environment's; else the sentence names it."""
    with listening(certificates.server_context("127.0.0.1"), b"HTTP/1.1 401 No\r\n\r\n") as port:
        (tmp_path / "kubeconfig").write_text(kubeconfig(f"https://127.0.0.1:{port}"))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        with pytest.raises(ListFailed, match=r"not trusted.*SSL_CERT_FILE"):
            list_objects(connect(1), PODS)
        monkeypatch.setenv(variable, str(certificates.authority))
        with pytest.raises(ListFailed, match="refuses the dashboard's credentials"):
            list_objects(connect(1), PODS)
