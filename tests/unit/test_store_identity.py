"""Keys of the pod or machine: found where the AWS SDKs find them, renewed, explained."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from urllib3 import Timeout

from core.errors import StoreUnavailable
from core.settings import Settings
from core.store_settings import find_identity
from wire.stores.minio import credentials
from wire.stores.minio.credentials import provider_for

_ANSWER = """\
<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>temporary</AccessKeyId>
<SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken>
<Expiration>{expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


class Issuer(ThreadingHTTPServer):
    """Issues temporary keys as AWS STS and a pod's agent do."""

    status = 200
    lifetime = timedelta(hours=1)

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers["Authorization"]))
        expiration = (datetime.now(UTC) + self.server.lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.command == "POST":
            body = _ANSWER.format(expiration=expiration)
        else:
            body = (
                '{"AccessKeyId": "temporary", "SecretAccessKey": "secret", "Token": "session", '
                f'"Expiration": "{expiration}"}}'
            )
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as server:
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def web_identity(issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """Give this process a web identity, as IRSA does."""
    (tmp_path / "token").write_text("hunter2")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/pictures")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", issuer.url)
    return issuer


def settings() -> Settings:
    return Settings(_env_file=None, minio_endpoint="s3.eu-west-1.amazonaws.com")


@pytest.mark.parametrize(
    ("endpoint", "environment", "source"),
    [
        ("minio:9000", {}, None),
        ("minio:9000", {"AWS_REGION": "eu-west-1"}, None),
        ("minio:9000", {"AWS_ACCESS_KEY_ID": "k"}, "environment"),
        ("minio:9000", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "web identity"),
        ("minio:9000", {"AWS_PROFILE": "p"}, "file"),
        ("s3.amazonaws.com", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://x"}, "container"),
        ("s3.amazonaws.com", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}, "container"),
        ("s3.amazonaws.com", {}, "instance"),
        ("s3.cn-north-1.amazonaws.com.cn:443", {}, "instance"),
        ("amazonaws.com.example", {}, None),
    ],
)
def test_identity_is_found_in_the_order_of_the_sdks(endpoint, environment, source):
    """The metadata service of a machine is asked for AWS only."""
    assert find_identity(endpoint, environment) == source


def test_web_identity_gives_temporary_keys(web_identity: Issuer):
    """A pod's token is exchanged for keys, once while they are valid."""
    provider = provider_for(settings())
    keys = provider.retrieve()
    assert (keys.access_key, keys.secret_key, keys.session_token) == (
        "temporary",
        "secret",
        "session",
    )
    assert provider.retrieve() is keys
    [(path, _)] = web_identity.requests
    query = parse_qs(urlsplit(path).query)
    assert query["WebIdentityToken"] == ["hunter2"]
    assert query["RoleArn"] == ["arn:aws:iam::1:role/pictures"]


def test_expired_keys_are_renewed(web_identity: Issuer):
    """Keys that expire within seconds are exchanged for new ones."""
    web_identity.lifetime = timedelta(seconds=1)
    provider = provider_for(settings())
    provider.retrieve()
    provider.retrieve()
    assert len(web_identity.requests) == 2


def test_refused_web_identity_is_explained_without_its_token(web_identity: Issuer):
    """Minio's error would contain the URL, and with it the token."""
    web_identity.status = 403
    with pytest.raises(StoreUnavailable, match=r"HTTP 403; .*AWS_ROLE_ARN") as raised:
        provider_for(settings()).retrieve()
    assert "hunter2" not in str(raised.value)


def test_silent_issuer_fails_all_callers_at_once(
    web_identity: Issuer, monkeypatch: pytest.MonkeyPatch
):
    """Who waits for keys that another thread requests does not wait anew after its failure."""
    assert web_identity.url
    monkeypatch.setattr(credentials, "_TIMEOUT", Timeout(connect=2, read=2))
    with (
        socket.create_server(("127.0.0.1", 0), backlog=100) as silent,
        ThreadPoolExecutor(8) as pool,
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{silent.getsockname()[1]}")
        provider = provider_for(settings())
        began = time.monotonic()
        calls = [pool.submit(provider.retrieve) for _ in range(8)]
        assert {type(call.exception()) for call in calls} == {StoreUnavailable}
    assert time.monotonic() - began < 7


def test_missing_token_file_is_explained(web_identity: Issuer, tmp_path: Path):
    """The file that the platform projects may be missing."""
    (tmp_path / "token").unlink()
    with pytest.raises(StoreUnavailable, match="file with the token cannot be read"):
        provider_for(settings()).retrieve()
    assert not web_identity.requests


def test_identity_of_a_pod_agent(issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """EKS Pod Identity: an address and a token file."""
    (tmp_path / "token").write_text("of the pod")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{issuer.url}/v1/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    assert provider_for(settings()).retrieve().session_token == "session"
    assert issuer.requests == [("/v1/credentials", "of the pod")]


def test_keys_of_the_environment_and_of_a_profile(tmp_path: Path, monkeypatch):
    """Variables and files of the AWS SDKs work, with their session tokens."""
    file = tmp_path / "credentials"
    file.write_text("[p]\naws_access_key_id=a\naws_secret_access_key=b\naws_session_token=c\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "p")
    assert provider_for(settings()).retrieve().session_token == "c"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "d")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "e")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "f")
    assert provider_for(settings()).retrieve().session_token == "f"


def test_incomplete_keys_of_the_environment_are_explained(monkeypatch: pytest.MonkeyPatch):
    """A key without its secret ends with what to set."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "d")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(StoreUnavailable, match="AWS_SECRET_ACCESS_KEY"):
        provider_for(settings()).retrieve()
