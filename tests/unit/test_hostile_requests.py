"""Hostile requests to the whole application: every route of this project and of Streamlit."""

import asyncio
import json
import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from starlette.testclient import TestClient

from tests.support.conditions import HANG_TIMEOUT, wait_until
from tests.support.hostile_requests import HostileRequest, random_request, request_to

REQUESTS = 1000
SECURITY_HEADERS = {
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "content-security-policy",
}


@dataclass
class Answer:
    """What the application sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Run the application as the dashboard does, without workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_DIR", str(tmp_path_factory.mktemp("data")))
        patch.setenv("FLEET", "none")
        patch.setattr("core.logs.configure", lambda _: None)
        from dashboard import server

        with TestClient(server.app) as client:
            wait_until(lambda: client.get("/readyz").is_success, what="queue and store answer")
            yield client


def ask(client: TestClient, request: HostileRequest) -> Answer:
    """Send a request as it is: HTTP clients would refuse to."""
    return client.portal.call(_ask, client.app, request)


async def _ask(app: Callable, request: HostileRequest) -> Answer:
    answer, has_more = Answer(), not request.is_complete
    endless = asyncio.Event()
    received = iter([{"type": "http.request", "body": request.body, "more_body": has_more}])

    async def receive() -> dict[str, object]:
        if message := next(received, None):
            return message
        if request.is_complete:
            await endless.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {
                k.decode().lower(): v.decode("latin-1") for k, v in message["headers"]
            }
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                endless.set()  # the client goes away
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    await asyncio.wait_for(app(request.scope, receive, send), HANG_TIMEOUT)
    return answer


def test_hostile_requests_are_refused_in_order(
    client: TestClient, caplog: pytest.LogCaptureFixture
):
    """A thousand requests: no error, always the security headers, and JSON for programs."""
    chance, routes = random.Random(16), client.app._starlette_app.routes
    with caplog.at_level(logging.WARNING):
        for _ in range(REQUESTS):
            request = random_request(chance, routes)
            answer = ask(client, request)
            if request.is_complete or answer.status:
                assert fault_of(request, answer) is None, request
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def fault_of(request: HostileRequest, answer: Answer) -> str | None:
    """Return what is wrong with an answer; None if nothing is."""
    if not 200 <= answer.status < 500:
        return f"status {answer.status}"
    if answer.status != 304 and (missing := SECURITY_HEADERS - answer.headers.keys()):
        return f"no header {missing}"
    if b"Traceback" in answer.body:
        return "a traceback"
    if request.scope["path"].startswith("/api/") and answer.status >= 400:
        is_read = request.scope["method"] != "HEAD"
        sentence = "detail" if f"{request.scope['path']}/".startswith("/api/v1/") else "error"
        return None if not is_read or sentence in json.loads(answer.body) else "no error in JSON"
    return None


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/api/%0D%0ASet-Cookie:a", {}, 404),
        ("GET", "/api/%00", {}, 400),
        ("GET", "/api/jobs/../../etc/passwd", {}, 400),
        ("PROPFIND", "/api/jobs", {}, 405),
        ("get", "/api/state", {}, 405),
        ("POST", "/pictures.zip", {}, 405),
        ("DELETE", "/pictures/x", {}, 405),
        ("OPTIONS", "/thumbnails/x", {}, 405),
        ("PUT", "/healthz", {}, 405),
        ("POST", "/metrics", {}, 405),
        ("GET", f"/api/{'a' * 300}", {}, 404),
        ("GET", f"/app/static/{'a' * 300}.png", {}, 404),
        ("GET", f"/component/{'a' * 300}/x", {}, 404),
        ("POST", "/api/jobs", {"origin": "http://[::1"}, 403),
        ("POST", "/api/jobs", {"origin": "http://a:99999999"}, 403),
    ],
)
def test_refusals_are_sentences_in_json(
    client: TestClient, method: str, path: str, headers: dict[str, str], status: int
):
    """What no route takes, or only Streamlit's would, is refused as programs expect it."""
    headers = {"host": "localhost", "content-type": "application/json", **headers}
    answer = ask(client, request_to(method, path.encode(), headers, b'{"prompt": "a cat"}'))
    assert answer.status == status
    assert json.loads(answer.body)["error"].endswith(".")
    assert set(answer.headers) >= SECURITY_HEADERS


def test_client_that_goes_away_leaves_no_traceback(client: TestClient):
    """A body that ends in the middle raises nothing to the web server, which would log it."""
    headers = {"host": "localhost", "content-type": "application/json"}
    request = request_to("POST", b"/api/jobs", headers, b'{"prompt": ', is_complete=False)
    assert ask(client, request).status == 0
