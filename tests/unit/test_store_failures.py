"""Each failure of the store names its cause and what to do, and contains no secret."""

import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from core.errors import StoreError, StoreFull, StoreUnavailable
from core.settings import Settings
from tests.support.certificates import PrivateAuthority
from tests.support.conditions import free_port
from tests.support.tls_server import listening
from wire.stores.directory import DirectoryStore
from wire.stores.minio import MinioStore, client

_SECRET, _TOKEN = "hunter2", "token-of-hunter2"
_CALLS = 16


class FakeS3(ThreadingHTTPServer):
    """A server that gives one answer to every request; HEAD requests get no body."""

    status = 403
    content_type = "application/xml"
    body = b""
    headers: dict[str, str] = {}  # noqa: RUF012, replaced by tests
    clock_ahead = timedelta()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str]]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: FakeS3 = self.server
        server.requests.append((self.path, dict(self.headers)))
        self.send_response_only(server.status)
        self.send_header("Date", format_datetime(datetime.now(UTC) + server.clock_ahead, True))
        self.send_header("Content-Type", server.content_type)
        body = b"" if self.command == "HEAD" else server.body
        self.send_header("Content-Length", str(len(body)))
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_calls_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a store accepts connections and never answers, each call waits its own time only."""
    monkeypatch.setattr(client, "_READ_TIMEOUT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        keys = {"minio_access_key": "user", "minio_secret_key": _SECRET}
        endpoint = f"127.0.0.1:{silent.getsockname()[1]}"
        store = MinioStore(Settings(_env_file=None, minio_endpoint=endpoint, **keys))
        with ThreadPoolExecutor(_CALLS) as pool:
            began = time.monotonic()
            calls = [pool.submit(store.exists, "a.png") for _ in range(_CALLS)]
            errors = [call.exception() for call in calls]
    assert time.monotonic() - began < _CALLS / 2
    assert all(isinstance(error, StoreUnavailable) for error in errors)


@pytest.fixture
def server() -> Iterator[FakeS3]:
    with FakeS3() as server:
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def open_store(endpoint: str, **changes: object) -> MinioStore:
    values = {
        "minio_endpoint": endpoint,
        "minio_access_key": "key",
        "minio_secret_key": _SECRET,
        "minio_session_token": _TOKEN,
        "minio_region": "us-east-1",
    }
    return MinioStore(Settings(_env_file=None, **(values | changes)))


def failure(store: MinioStore) -> StoreError:
    """Return the error of a write, after checks that hold for every error."""
    with pytest.raises(StoreError) as raised:
        store.put("a", b"x", "text/plain")
    sentence = str(raised.value)
    assert sentence.endswith(".")
    assert "hunter2" not in sentence
    assert raised.value.__cause__ is None
    return raised.value


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (403, "AccessDenied", "lacks the right s3:ListBucket; docs/settings.md"),
        (403, "InvalidAccessKeyId", "check MINIO_ACCESS_KEY"),
        (403, "SignatureDoesNotMatch", "check MINIO_SECRET_KEY"),
        (400, "ExpiredToken", "temporary keys have expired; .*MINIO_SESSION_TOKEN"),
        (403, "InvalidTokenId", "refused the session token"),
        (400, "InvalidToken", "refused the session token"),
        (400, "AuthorizationHeaderMalformed", "another region; set MINIO_REGION=eu-west-1"),
        (301, "PermanentRedirect", "another region; set MINIO_REGION=eu-west-1"),
        (400, "InvalidBucketName", "MINIO_BUCKET must be the name of a bucket: 3 to 63"),
        (503, "SlowDown", r"busy or not ready yet \(SlowDown\)"),
        (503, "XMinioServerNotInitialized", "busy or not ready yet"),
        (403, "SomethingNew", "it answered SomethingNew"),
    ],
)
def test_answer_of_the_store_is_explained(server: FakeS3, status: int, code: str, sentence: str):
    """A HEAD request has no reason in its answer, so the sentence is of one that has."""
    server.status, server.headers = status, {"x-amz-bucket-region": "eu-west-1"}
    server.body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    error = failure(open_store(f"127.0.0.1:{server.server_port}"))
    assert isinstance(error, StoreUnavailable)
    with pytest.raises(AssertionError, match=sentence):
        raise AssertionError(error)


@pytest.mark.parametrize("code", ["XMinioAdminBucketQuotaExceeded", "QuotaExceeded"])
def test_quota_is_named_and_waited_for(server: FakeS3, code: str):
    """A quota stops writing like a full disk: the job waits."""
    server.body = f"<Error><Code>{code}</Code></Error>".encode()
    error = failure(open_store(f"127.0.0.1:{server.server_port}"))
    assert isinstance(error, StoreFull)
    assert "quota" in str(error)


@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", "AccessDenied"])
@pytest.mark.parametrize(
    ("hours", "sentence"),
    [(2, "2 h 0 min behind the store's"), (-1.5, "1 h 30 min ahead of the store's")],
)
def test_clocks_that_differ_are_named_with_the_difference(
    server: FakeS3, code: str, hours: float, sentence: str
):
    """Which clock, by how much, and what is accepted; also where a gateway says AccessDenied."""
    server.clock_ahead = timedelta(hours=hours)
    server.body = f"<Error><Code>{code}</Code></Error>".encode()
    text = str(failure(open_store(f"127.0.0.1:{server.server_port}")))
    assert f"the clock of this machine is {sentence}" in text
    assert "15 min" in text


@pytest.mark.parametrize("region", ["us-east-1", None])
@pytest.mark.parametrize(
    ("status", "content_type", "body", "sentence"),
    [
        (200, "text/html", b"<!doctype html><html>MinIO Console</html>", "port 9000"),
        (404, "text/html", b"<h1>not found", "port 9000"),
        (404, "application/json", b"{}", "port 9000"),
        (200, "text/html", b"\xff\xfe", "port 9000"),
        (
            400,
            "text/plain",
            b"Client sent an HTTP request to an HTTPS server.",
            "MINIO_SECURE=true",
        ),
        (400, "text/html", b"The plain HTTP request was sent to HTTPS port", "MINIO_SECURE=true"),
        (502, "text/html", b"<h1>Bad Gateway", r"does not reach it \(HTTP 502\)"),
        (413, "text/html", b"<h1>Too Large", "proxy-body-size"),
        (401, "text/html", b"log in", "requires a login"),
    ],
)
def test_wrong_server_is_named(
    server: FakeS3, region: str | None, status: int, content_type: str, body: bytes, sentence: str
):
    """The console's port, a port with TLS, a gateway: what answers, and what to set."""
    server.status, server.content_type, server.body = status, content_type, body
    store = open_store(f"127.0.0.1:{server.server_port}", minio_region=region)
    with pytest.raises(StoreUnavailable, match=sentence):
        list(store.entries())


def test_missing_right_to_read_the_region_is_named(server: FakeS3):
    """Without MINIO_REGION the first request needs a right of its own."""
    server.body = b"<Error><Code>AccessDenied</Code></Error>"
    store = open_store(f"127.0.0.1:{server.server_port}", minio_region=None)
    assert "s3:GetBucketLocation (or set MINIO_REGION)" in str(failure(store))


def test_refused_connection_and_other_protocols_are_named():
    """Nothing listens, or what listens speaks no HTTP, or no TLS."""
    assert "nothing listens there" in str(failure(open_store(f"127.0.0.1:{free_port()}")))
    with listening(reply=b"AMQP\x00\x00\x09\x01") as port:
        assert "no S3 API" in str(failure(open_store(f"127.0.0.1:{port}")))
        secure = open_store(f"127.0.0.1:{port}", minio_secure=True)
        assert "MINIO_SECURE=false" in str(failure(secure))


@pytest.mark.parametrize(
    ("names", "expired", "trusted", "sentence"),
    [
        ("127.0.0.1", False, False, "not trusted.*SSL_CERT_FILE"),
        ("127.0.0.1", True, True, "has expired"),
        ("other.example", False, True, "for another"),
    ],
)
def test_certificate_is_named(
    certificates: PrivateAuthority, monkeypatch, names, expired, trusted, sentence
):
    """A private authority, an old certificate and one for another name have their words."""
    if trusted:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificates.authority))
    with listening(certificates.server_context(names, expired=expired)) as port:
        error = failure(open_store(f"127.0.0.1:{port}", minio_secure=True))
    with pytest.raises(AssertionError, match=sentence):
        raise AssertionError(error)


def test_session_token_is_sent(server: FakeS3):
    """Temporary keys need their token with each request."""
    failure(open_store(f"127.0.0.1:{server.server_port}"))
    headers = {name.lower(): value for name, value in server.requests[0][1].items()}
    assert headers["x-amz-security-token"] == _TOKEN


def test_proxy_is_used_and_named(server: FakeS3, monkeypatch: pytest.MonkeyPatch):
    """A store beyond a proxy is reached through it; a failing proxy is named."""
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    server.body = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
    store = open_store("store.example:9000", minio_session_token=None)
    assert "MINIO_SECRET_KEY" in str(failure(store))
    assert server.requests[0][0].startswith("http://store.example:9000/images")
    assert _SECRET not in str(server.requests)
    monkeypatch.setenv("http_proxy", f"user:hunter2@127.0.0.1:{free_port()}")
    store = open_store("store.example:9000", minio_session_token=None)
    assert "through the proxy http://127.0.0.1:" in str(failure(store))


def test_token_never_goes_to_a_proxy(server: FakeS3, monkeypatch: pytest.MonkeyPatch):
    """Without TLS the token of temporary keys is sent to the store directly or not at all."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    assert "its name" in str(failure(open_store("store.invalid:9000")))
    assert not server.requests


def test_folder_that_is_replaced_during_a_listing_is_unavailable(tmp_path: Path) -> None:
    """A folder that becomes a file while its objects are listed is a failure of the store."""
    store = DirectoryStore(tmp_path / "pictures")
    for name in ("1", "2"):
        store.put(name, b"", "")
    entries = store.entries()
    next(entries)
    shutil.rmtree(tmp_path / "pictures")
    (tmp_path / "pictures").touch()
    with pytest.raises(StoreUnavailable, match="cannot be used: Not a directory"):
        next(entries)
