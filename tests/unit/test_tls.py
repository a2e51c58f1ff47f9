"""Each client says why a TLS connection failed, and works with a private authority."""

from contextlib import closing

import pytest
from pydantic import SecretStr

from core.errors import QueueUnavailable
from core.settings import Settings
from tests.support.certificates import PrivateAuthority
from tests.support.tls_server import listening
from wire.queues.rabbitmq.management import Management
from wire.rabbitmq.connection import Connection, connection_parameters

_CASES = [
    ((("127.0.0.1",), False), False, "not trusted.*SSL_CERT_FILE"),
    ((("127.0.0.1",), True), True, "has expired"),
    ((("other.example",), False), True, "for another (name|address)"),
    (None, True, "it does not use TLS on this port"),
]


@pytest.fixture(params=_CASES, ids=["untrusted", "expired", "other name", "no TLS"])
def failing(request, certificates: PrivateAuthority, monkeypatch):
    """Run a server with a bad certificate; return its port and the sentence."""
    certificate, trusted, sentence = request.param
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    context = None
    if certificate:
        context = certificates.server_context(*certificate[0], expired=certificate[1])
    with listening(context, reply=b"AMQP\x00\x00\x09\x01") as port:
        yield port, sentence


def test_broker_failure_names_the_certificate(failing):
    """The sentence of the queue names the cause and contains no password."""
    port, sentence = failing
    url = f"amqps://u:hunter2@127.0.0.1:{port}/?connection_timeout=1000"
    connection = Connection(connection_parameters(SecretStr(url)))
    connection.users = 1
    with closing(connection), pytest.raises(QueueUnavailable, match=sentence) as raised:
        connection.session()
    assert "hunter2" not in str(raised.value)


def test_management_failure_names_the_certificate(failing):
    """The same words for the management API."""
    port, sentence = failing
    settings = Settings(
        _env_file=None,
        rabbitmq_url="amqp://u:hunter2@127.0.0.1/",
        rabbitmq_management_url=f"https://127.0.0.1:{port}",
    )
    client = Management(settings)
    assert client.unacknowledged("tasks", 0) is None
    with pytest.raises(AssertionError, match=sentence):
        raise AssertionError(client.warnings[0])
