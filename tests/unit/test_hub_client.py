"""The hub is reached through the environment's proxies and authorities, and says what fails."""

import httpx2
import huggingface_hub
import pytest
from huggingface_hub.utils._http import default_client_factory

from core.errors import SettingsError
from tests.support.certificates import PrivateAuthority
from tests.support.conditions import free_port
from tests.support.tls_server import listening
from worker.pipeline.hub_client import use_environment
from worker.pipeline.hub_errors import explain

_REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@pytest.fixture(autouse=True)
def client():
    use_environment()
    yield
    huggingface_hub.set_client_factory(default_client_factory)


def get(url: str, **headers: str) -> str:
    return huggingface_hub.get_session().get(url, headers=headers).text


def test_request_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch):
    """A hub beyond a proxy is reached; hosts in NO_PROXY are reached directly."""
    monkeypatch.setenv("NO_PROXY", "fd00::/8,10.0.0.0/8")
    with listening(reply=_REPLY) as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:hunter2@127.0.0.1:{port}")
        assert get("http://hub.invalid/models") == "ok"


def test_token_never_goes_to_a_proxy(monkeypatch: pytest.MonkeyPatch):
    """Without TLS a request with a token is direct."""
    with listening(reply=_REPLY) as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(httpx2.ConnectError) as raised:
            get("http://hub.invalid/models", authorization="Bearer hf_hunter2")
    sentence = explain(raised.value, "owner/name", token_sent=True)
    assert "its name" in sentence
    assert "hunter2" not in sentence


def test_private_authority_is_trusted(
    certificates: PrivateAuthority, monkeypatch: pytest.MonkeyPatch
):
    """A mirror of the hub with a private certificate works with its authority, and only then."""
    with listening(certificates.server_context("127.0.0.1"), _REPLY) as port:
        url = f"https://127.0.0.1:{port}/"
        with pytest.raises(httpx2.ConnectError) as raised:
            get(url)
        assert "SSL_CERT_FILE" in explain(raised.value, "owner/name", token_sent=False)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
        use_environment()
        assert get(url) == "ok"


def test_refused_connection_is_explained():
    """The cause stands in the sentence, beside what to do."""
    with pytest.raises(httpx2.ConnectError) as raised:
        get(f"http://127.0.0.1:{free_port()}/")
    assert "nothing listens there" in explain(raised.value, "owner/name", token_sent=False)


def test_wrong_authority_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch):
    """The worker ends with the variable's name before it loads a model."""
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    with pytest.raises(SettingsError, match="SSL_CERT_FILE names /no/such/file"):
        use_environment()
