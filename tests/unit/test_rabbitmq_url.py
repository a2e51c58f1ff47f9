"""RABBITMQ_URL is read by the rules of RabbitMQ, and its errors name what to change."""

import ssl
from pathlib import Path

import pytest
from pika.credentials import ExternalCredentials
from pydantic import SecretStr

from core.errors import SettingsError
from core.settings import Settings
from tests.support.certificates import PrivateAuthority
from wire.queues.rabbitmq.management import Management
from wire.rabbitmq.connection import connection_parameters


def parse(url: str):
    return connection_parameters(SecretStr(url))


@pytest.mark.parametrize(
    ("url", "host", "port", "vhost"),
    [
        ("amqp://u:p@[::1]:5672/", "::1", 5672, "/"),
        ("amqp://u:p@[fe80::1%25eth0]/", "fe80::1%eth0", 5672, "/"),
        ("amqps://u:p@broker", "broker", 5671, "/"),
        ("amqp://u:p@broker//", "broker", 5672, "/"),
        ("amqp://u:p@broker/%2F", "broker", 5672, "/"),
        ("amqp://u:p@broker/live", "broker", 5672, "live"),
        ("amqp://u:p@broker/a/b", "broker", 5672, "a/b"),
        ("amqp://broker", "broker", 5672, "/"),
    ],
)
def test_host_port_and_virtual_host(url: str, host: str, port: int, vhost: str):
    """IPv6 addresses have brackets, and a virtual host is read as KEDA reads it."""
    parameters = parse(url)
    assert (parameters.host, parameters.port, parameters.virtual_host) == (host, port, vhost)


def test_query_of_rabbitmq_is_understood():
    """The parameters of RabbitMQ's documentation have their units."""
    query = "heartbeat=7&connection_timeout=30000&channel_max=12&auth_mechanism=external"
    parameters = parse(f"amqp://u:p@host/?{query}")
    assert (parameters.heartbeat, parameters.channel_max) == (7, 12)
    assert (parameters.socket_timeout, parameters.stack_timeout) == (30, 30)
    assert isinstance(parameters.credentials, ExternalCredentials)


def test_query_of_pika_still_works():
    """What worked with pika's own parameters goes on working."""
    query = "blocked_connection_timeout=9&frame_max=8192&heartbeat=0"
    parameters = parse(f"amqp://u:p@host/?{query}")
    assert (parameters.blocked_connection_timeout, parameters.frame_max) == (9, 8192)
    assert parameters.heartbeat == 0


@pytest.mark.parametrize(("seconds", "whole"), [(1, 5), (30, 30)])
def test_timeout_of_pika_leaves_the_other_as_it_was(seconds: int, whole: int):
    """A short wait for the socket does not lengthen that for the login."""
    parameters = parse(f"amqp://u:p@host/?socket_timeout={seconds}")
    assert (parameters.socket_timeout, parameters.stack_timeout) == (seconds, whole)


def test_certificates_of_the_query(tmp_path: Path, certificates: PrivateAuthority):
    """A private authority, a client certificate and the server's name are read."""
    certificate, key = certificates.write(tmp_path, "client")
    options = parse(
        f"amqps://u:p@10.0.0.1/?cacertfile={certificates.authority}&verify=verify_peer"
        f"&certfile={certificate}&keyfile={key}&server_name_indication=broker.example"
    ).ssl_options
    assert options.server_hostname == "broker.example"
    assert options.context.verify_mode == ssl.CERT_REQUIRED
    assert options.context.check_hostname


def test_server_is_verified_unless_switched_off():
    """``amqps://`` alone verifies; ``verify_none`` does not."""
    assert parse("amqps://u:p@host/").ssl_options.context.verify_mode == ssl.CERT_REQUIRED
    context = parse("amqps://u:p@host/?verify=verify_none").ssl_options.context
    assert context.verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("amqp://u:hunter#2@host:5672/", "percent-encode the password"),
        ("amqp://u:hunter/2@host:5672/", "percent-encode the password"),
        ("amqp://u:hunter?2@host:5672/", "percent-encode the password"),
        ("amqp://u:hunter%2@host:5672/", "percent-encode the password"),
        ("amqp://u:12/hunter@host/", "percent-encode the password"),
        ("amqp://u:hunter]@host/", "percent-encode the password"),
        ("amqp://u:hunter@host:port/", "should look like amqp://"),
        ("amqp://u:hunter@[::1/", "should look like amqp://"),
        ("amqp://u:hunter@::1:5672/", "should look like amqp://"),
        ("amqp://u:hunter@host/?heartbeat=hunter", "heartbeat must be a number of seconds"),
        ("amqp://u:hunter@host/?connection_timeout=0", "connection_timeout must be milliseconds"),
        ("amqp://u:hunter@host/?channel_max=99999", "channel_max must be a number"),
        ("amqp://u:hunter@host/?auth_mechanism=hunter", "auth_mechanism must be plain"),
        ("amqp://u:hunter@host/?frame_max=hunter", "check frame_max"),
        ("amqp://u:hunter@host/?ssl_options=hunter", "check ssl_options"),
        ("amqp://u:hunter@host/?heart_beat=3", "unknown parameter heart_beat. .*heartbeat"),
        ("amqp://u:hunter@host/?cacertfile=/ca.crt", "cacertfile, which need amqps://"),
        ("amqps://u:hunter@host/?cacertfile=/no/ca.crt", "cacertfile .* cannot be read"),
        ("amqps://u:hunter@host/?certfile=/no/it.crt", "certfile .* cannot be read"),
        ("amqps://u:hunter@host/?keyfile=/no/it.key", "needs certfile"),
        ("amqps://u:hunter@host/?verify=hunter", "verify_peer or verify_none"),
    ],
)
def test_wrong_url_is_explained_without_its_password(url: str, sentence: str):
    """The sentence names the part, and contains neither password nor value."""
    with pytest.raises(SettingsError, match=f"RABBITMQ_URL.*{sentence}|{sentence}") as raised:
        parse(url)
    assert "hunter" not in str(raised.value)


def test_encrypted_key_does_not_ask_on_the_terminal(tmp_path: Path, certificates: PrivateAuthority):
    """A key without its password ends with a sentence; OpenSSL would wait for a person."""
    certificate, key = certificates.write(tmp_path, "client")
    _encrypt(key, b"secret")
    url = f"amqps://u:p@host/?certfile={certificate}&keyfile={key}"
    with pytest.raises(SettingsError, match="need another password"):
        parse(url)
    assert parse(f"{url}&password=secret").ssl_options


def _encrypt(key: Path, password: bytes) -> None:
    from cryptography.hazmat.primitives import serialization

    private = serialization.load_pem_private_key(key.read_bytes(), None)
    encrypted = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    key.write_bytes(encrypted)


@pytest.mark.parametrize(
    ("urls", "base"),
    [
        (("amqp://u:p@[::1]:5672/", None), "http://[::1]:15672"),
        (("amqps://u:p@[fd00::1]/", None), "https://[fd00::1]:15671"),
        (("amqp://u:p@broker/", None), "http://broker:15672"),
        (("amqp://u:p@broker/", "http://[fd00::1]:80/rabbit/"), "http://[fd00::1]:80/rabbit"),
        (("amqp://u:p@broker/", "https://ops.example/live/mq"), "https://ops.example/live/mq"),
        (("amqps://broker/?auth_mechanism=external", None), "https://broker:15671"),
    ],
)
def test_address_of_the_management_api(urls: tuple[str, str | None], base: str):
    """It is derived from RABBITMQ_URL, or has a path under an ingress."""
    settings = Settings(_env_file=None, rabbitmq_url=urls[0], rabbitmq_management_url=urls[1])
    assert Management(settings)._base == base


@pytest.mark.parametrize("url", ["ftp://u:hunter@h", "http://u:hunter@h:port", "h:15672"])
def test_wrong_management_url_is_explained_without_its_password(url: str):
    """The sentence shows nothing of the URL."""
    settings = Settings(_env_file=None, rabbitmq_url="amqp://host", rabbitmq_management_url=url)
    with pytest.raises(SettingsError, match="RABBITMQ_MANAGEMENT_URL is not valid") as raised:
        Management(settings)
    assert "hunter" not in str(raised.value)
