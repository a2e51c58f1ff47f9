"""What happens to a request before any route: client address, known hosts, base path."""

import socket
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.errors import SettingsError
from core.settings import Settings, load_settings
from dashboard.routes.base_path import below
from dashboard.routes.middleware import BasePath, ClientAddress, KnownHosts


async def describe(request: Request) -> Response:
    """Return what a route sees of a request."""
    return JSONResponse(
        {"path": request.url.path, "client": request.client.host, "scheme": request.url.scheme}
    )


async def connect(websocket: WebSocket) -> None:
    """Return the host that Streamlit compares with the origin."""
    await websocket.accept()
    await websocket.send_text(websocket.headers["host"])
    await websocket.close()


@pytest.fixture
def client_of() -> Callable[..., TestClient]:
    """Return clients of an application with all middleware: ``client_of(public_url=…)``."""

    def make(peer: str = "203.0.113.9", **fields: object) -> TestClient:
        settings = Settings(_env_file=None, **fields)
        base = settings.base_path
        methods = ["GET", "POST", "PUT"]
        routes = [
            *below(base, [Route("/api/jobs", describe, methods=methods)]),
            WebSocketRoute(f"{base}/_stcore/stream", connect),
            Mount(base or "/", Starlette(routes=[Route("/{path:path}", describe)])),
        ]
        middleware = [
            Middleware(ClientAddress, trusted=settings.proxy_networks),
            Middleware(KnownHosts, settings=settings),
            Middleware(BasePath, path=base),
        ]
        app = Starlette(routes=routes, middleware=middleware)
        return TestClient(app, client=(peer, 50000), follow_redirects=False)

    return make


@pytest.mark.parametrize(
    ("host", "fields", "known"),
    [
        ("localhost:8501", {}, True),
        ("LOCALHOST", {}, True),
        ("live.localhost", {}, True),
        ("127.0.0.1:8501", {}, True),
        ("[::1]:8501", {}, True),
        ("10.0.0.5", {}, True),
        ("dashboard", {}, True),
        (socket.gethostname(), {}, True),
        ("evil.example", {}, False),
        ("evil.example:8501", {}, False),
        ("localhost.evil.example", {}, False),
        ("127.0.0.1.evil.example", {}, False),
        ("evil.example.", {}, False),
        ("localhost@evil.example", {}, False),
        ("evil.example/localhost", {}, False),
        ("[::1", {}, False),
        ("localhost:port", {}, False),
        ("", {}, False),
        ("live.example.org", {"public_url": "https://live.example.org/path"}, True),
        ("Live.Example.org:443", {"public_url": "https://live.example.org"}, True),
        ("evil.live.example.org", {"public_url": "https://live.example.org"}, False),
        ("live.example.org", {"allowed_hosts": "a.example, live.example.org"}, True),
        ("live.example.org.", {"allowed_hosts": "live.example.org"}, True),
        ("a.b.example.org", {"allowed_hosts": "*.example.org"}, True),
        ("example.org", {"allowed_hosts": "*.example.org"}, False),
        ("evilexample.org", {"allowed_hosts": "*.example.org"}, False),
        ("any.example", {"allowed_hosts": "*"}, True),
    ],
)
def test_only_known_hosts_may_change_something(
    client_of: Callable[..., TestClient], host: str, fields: dict[str, object], known: bool
):
    """A page whose name was rebound to this machine can send no job and connect no session."""
    client = client_of(**fields)
    headers = {"host": host}
    answer = client.post("/api/jobs", headers=headers)
    assert answer.status_code == (200 if known else 403), answer.text
    assert client.put("/_stcore/upload", headers=headers).status_code == (405 if known else 403)
    page = client.get("/", headers={**headers, "accept": "text/html,*/*"})
    assert page.status_code == (200 if known else 403)
    assert known or "ALLOWED_HOSTS" in page.text
    assert _connects(client, {**headers, "origin": f"http://{host}"}) is known


def _connects(client: TestClient, headers: dict[str, str]) -> bool:
    try:
        with client.websocket_connect("/_stcore/stream", headers=headers) as websocket:
            websocket.receive_text()
    except WebSocketDisconnect:
        return False
    return True


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/api/state"])
def test_monitors_may_use_any_host(client_of: Callable[..., TestClient], path: str):
    """Probes of load balancers send hosts of their own."""
    assert client_of().get(path, headers={"host": "probe.example"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "fields", "connects"),
    [
        ({"host": "localhost:8501"}, {}, True),  # no browser
        ({"host": "localhost:8501", "origin": "http://localhost:8501"}, {}, True),
        ({"host": "127.0.0.1:8501", "origin": "http://localhost:3000"}, {}, True),
        ({"host": "localhost:8501", "origin": "http://evil.example"}, {}, False),
        ({"host": "localhost:8501", "origin": "null"}, {}, False),
        ({"host": "localhost:8501", "origin": "http://[::1"}, {}, False),
        ({"host": "10.0.0.5:8501", "origin": "http://10.0.0.6:8501"}, {}, False),
        # The proxy writes its own name of the dashboard into Host.
        (
            {"host": "dashboard", "origin": "https://live.example.org"},
            {"public_url": "https://live.example.org"},
            True,
        ),
        (
            {"host": "dashboard", "origin": "https://live.example.org"},
            {"allowed_hosts": "*.example.org"},
            True,
        ),
        ({"host": "dashboard", "origin": "https://evil.example"}, {"allowed_hosts": "*"}, False),
        ({"host": "dashboard", "origin": "https://live.example.org"}, {}, False),
        (
            {
                "host": "dashboard",
                "origin": "https://live.example.org",
                "sec-fetch-site": "same-origin",
            },
            {},
            True,
        ),
        (
            {
                "host": "live.example.org",
                "origin": "http://evil.example",
                "sec-fetch-site": "cross-site",
            },
            {"public_url": "https://live.example.org"},
            False,
        ),
    ],
    ids=str,
)
def test_session_is_for_own_pages(
    client_of: Callable[..., TestClient],
    headers: dict[str, str],
    fields: dict[str, object],
    connects: bool,
):
    """No other site's page connects, and the own page does behind a proxy that rewrites Host."""
    assert _connects(client_of(**fields), headers) is connects


def test_host_is_the_one_that_the_browser_shows(client_of: Callable[..., TestClient]):
    """Streamlit, which compares Host with the origin, accepts what was accepted here."""
    client = client_of(public_url="https://live.example.org")
    headers = {"host": "dashboard:8501", "origin": "https://live.example.org"}
    with client.websocket_connect("/_stcore/stream", headers=headers) as websocket:
        assert websocket.receive_text() == "live.example.org"


def test_trusted_proxy_names_client_and_scheme(client_of: Callable[..., TestClient]):
    """Routes see the client behind a trusted proxy, and the connection's end without one."""
    headers = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https"}
    proxied = client_of("10.0.0.9", trusted_proxies="10.0.0.0/8").get("/", headers=headers).json()
    assert (proxied["client"], proxied["scheme"]) == ("198.51.100.7", "https")
    forged = client_of(trusted_proxies="10.0.0.0/8").get("/", headers=headers).json()
    assert (forged["client"], forged["scheme"]) == ("203.0.113.9", "http")


@pytest.mark.parametrize("base", ["/live", "live/", "/a/b-c_d.e~f"])
@pytest.mark.parametrize("keeps", [True, False])
def test_proxies_may_keep_or_remove_the_base_path(
    client_of: Callable[..., TestClient], base: str, keeps: bool
):
    """Every route answers with the base path, and without it for probes and proxies that cut it."""
    client, path = client_of(base_path=base), f"/{base.strip('/')}"
    prefix = path if keeps else ""
    for route in ("/api/jobs", "/gallery", "/"):
        assert client.get(f"{prefix}{route}").json()["path"] == f"{path}{route}"
    with client.websocket_connect(f"{prefix}/_stcore/stream") as websocket:
        assert websocket.receive_text()


def test_base_path_without_slash_leads_to_the_first_page(client_of: Callable[..., TestClient]):
    """The redirect has no host: a proxy may have rewritten it. A longer name is another path."""
    client = client_of(base_path="/live")
    assert client.get("/live?job=1").headers["location"] == "/live/?job=1"
    assert client.get("/lively").json()["path"] == "/live/lively"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_PATH", "/live/../admin"),
        ("BASE_PATH", "https://live.example.org/live"),
        ("BASE_PATH", "/live?x"),
        ("TRUSTED_PROXIES", "ingress"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("ALLOWED_HOSTS", "https://live.example.org"),
        ("ALLOWED_HOSTS", "live.example.org:8501"),
        ("ALLOWED_HOSTS", "live.*"),
    ],
)
def test_wrong_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    """A mistake in these settings stops the start, rather than opening or closing the page."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} in the environment must be"):
        load_settings()


def test_base_path_of_streamlit_is_honoured(monkeypatch: pytest.MonkeyPatch):
    """Who has set Streamlit's own variable need not set another; BASE_PATH takes precedence."""
    monkeypatch.setenv("STREAMLIT_SERVER_BASE_URL_PATH", "live")
    assert Settings(_env_file=None).base_path == "/live"
    assert Settings(_env_file=None, base_path="/other").base_path == "/other"
    monkeypatch.setenv("BASE_PATH", "")
    assert Settings(_env_file=None).base_path == "/live"
