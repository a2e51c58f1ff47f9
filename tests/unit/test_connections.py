"""The web server's connections are bounded by the files that its process may open."""

import logging
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.access.rate_limit import TokenBuckets
from dashboard.routes import connections
from dashboard.routes.connections import (
    Bounds,
    SessionLimit,
    bound_requests,
    bounds_for,
)
from dashboard.routes.refusals import IgnoreDisconnects
from tests.support.conditions import HANG_TIMEOUT, free_port, wait_until

MAXIMUM = 8

Connect = Callable[[bytes], socket.socket]


async def answer(request: Request) -> Response:
    """Answer, after the body was received."""
    await request.body()
    return PlainTextResponse("ok")


async def send_without_end(_request: Request) -> Response:
    """Answer with more than any buffer has room for."""
    return StreamingResponse(iter(lambda: bytes(2**20), b""))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Run a server with a low bound, configured as Streamlit does it."""
    original, number = uvicorn.Config, free_port()
    bound_requests(Bounds(requests=MAXIMUM, sessions=MAXIMUM, backlog=64))
    routes = [Route("/", answer, methods=["GET", "POST"]), Route("/endless", send_without_end)]
    app = Starlette(routes=routes, middleware=[Middleware(IgnoreDisconnects)])
    server = uvicorn.Server(uvicorn.Config(app, port=number, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started, what="the server runs")
    yield number
    uvicorn.Config = original
    server.should_exit = server.force_exit = True
    thread.join()


@contextmanager
def opened(port: int, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Open connections and send the same on each."""
    with ExitStack() as stack:
        clients = []
        for _ in range(count):
            client = socket.create_connection(("127.0.0.1", port), HANG_TIMEOUT)
            stack.enter_context(client)
            client.sendall(sent)
            clients.append(client)
        yield clients


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n12345678",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n1",
        b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["silent", "half a head", "answered", "half a body", "half a chunk", "reads nothing"],
)
def test_idle_connections_leave_room_for_others(
    port: int, sent: bytes, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """However many clients send or read nothing, the next one is answered; the log says it once."""
    monkeypatch.setattr(connections, "_warnings", TokenBuckets(capacity=1, rate=0.001))
    with caplog.at_level(logging.WARNING), opened(port, 4 * MAXIMUM, sent) as clients:
        # Refused while the answers of all others are still being written.
        wait_until(lambda: _answers(port), what="the next client is answered")
        # The first is closed, whatever it had received before; while it reads, it is not idle.
        wait_until(
            lambda: _answers(port) and _is_closed(clients[0]), what="the first connection is closed"
        )
    assert [text for text in caplog.messages if "connections are open" in text] == caplog.messages
    assert len(caplog.messages) == 1


def _answers(port: int) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=HANG_TIMEOUT).text == "ok"
    return False


def _is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(2**20) == b""
    except ConnectionResetError:
        return True


def test_connection_without_a_request_is_closed_in_time(port: int, monkeypatch: pytest.MonkeyPatch):
    """A client that never completes a request is not waited for, even if there is room."""
    monkeypatch.setattr(connections, "_REQUEST_TIMEOUT_SECONDS", 0.05)
    with opened(port, 1, b"GET / HTTP/1.1\r\n") as [client]:
        assert _is_closed(client)


def test_sessions_are_bounded():
    """Too many open pages are refused; the others and all requests go on."""

    async def accept(websocket: WebSocket) -> None:
        await websocket.accept()
        async for _ in websocket.iter_text():
            pass

    routes = [WebSocketRoute("/", accept), Route("/", answer)]
    app = Starlette(routes=routes, middleware=[Middleware(SessionLimit, maximum=1)])
    with TestClient(app) as client:
        with client.websocket_connect("/"):
            with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
                pass
            assert client.get("/").text == "ok"
        with client.websocket_connect("/"):
            pass


@pytest.mark.parametrize("files", [1, 4, 16, 64, 256, 1024, 10_240])
def test_bounds_leave_files_for_the_process(files: int):
    """Both kinds of connections, with those that are just accepted and closed, fit the limit."""
    bounds = bounds_for(files)
    assert min(bounds.requests, bounds.sessions, bounds.backlog) >= 1
    if files >= 8:
        assert bounds.requests + bounds.sessions + 2 * bounds.backlog < files


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "usable"),
    [
        (1024, 524_288, 10_240, 10_240),
        (1024, 1024, None, 1024),
        (1024, 4096, 4096, 4096),
        (256, resource.RLIM_INFINITY, 10_240, 10_240),
        (65_536, 524_288, None, 10_240),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None, 10_240),
    ],
)
def test_limit_of_open_files_is_raised(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, raised: int | None, usable: int
):
    """The process takes what it may have, never less than it had, and not without an end."""
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, values: limits.append(values))
    assert connections.raise_file_limit() == usable
    assert limits[1:] == ([] if raised is None else [(raised, hard)])
