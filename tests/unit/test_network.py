"""Clients read proxies, private authorities and addresses from the environment in one way."""

import errno
import socket
import ssl

import pytest
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from core.errors import SettingsError
from core.network import failures
from core.network.proxies import bypasses, proxy_for
from core.network.trust import client_context
from core.network.urls import address, checked_url

_PROXIES = {"HTTP_PROXY": "http://proxy:3128", "HTTPS_PROXY": "http://user:p%40ss@proxy:3129"}


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "expected"),
    [
        ("127.0.0.0/8", "127.0.0.1", 80, True),
        ("10.0.0.0/8,172.16.0.0/12", "10.96.0.1", 443, True),
        ("10.0.0.0/8", "11.0.0.1", 443, False),
        ("10.1.2.3/8", "10.200.0.1", 443, True),
        ("fd00::/8", "fd00::1", 443, True),
        ("fd00::/8", "fe00::1", 443, False),
        ("[fd00::1]:5672", "fd00::1", 5672, True),
        ("[fd00::1]:5672", "fd00::1", 15672, False),
        ("[fd00::1]", "fd00::1", 15672, True),
        ("fd00::1", "fd00::1", 15672, True),
        ("10.0.0.0/8", "::ffff:10.0.0.1", 443, True),
        ("10.0.0.1:9000", "10.0.0.1", 9000, True),
        ("10.0.0.1:9000", "10.0.0.1", 9001, False),
        ("example.org", "example.org", 443, True),
        ("example.org", "store.example.org", 443, True),
        ("example.org", "notexample.org", 443, False),
        (".example.org", "store.example.org", 443, True),
        ("*.example.org", "store.example.org", 443, True),
        ("EXAMPLE.org", "Store.Example.ORG.", 443, True),
        (".svc, .cluster.local", "minio.images.svc", 9000, True),
        (".svc .cluster.local", "minio.images.svc.cluster.local", 9000, True),
        ("store.example.org:443", "store.example.org", 443, True),
        ("store.example.org:443", "store.example.org", 80, False),
        ("*", "anything.example", 443, True),
        ("10.0.0.0/99,10.0.0.1", "10.0.0.1", 443, True),
        ("", "example.org", 443, False),
        (",", "example.org", 443, False),
        (".", "example.org", 443, False),
    ],
)
def test_no_proxy_lists_names_addresses_and_networks(
    no_proxy: str, host: str, port: int, expected: bool
):
    """Each way in which clusters write NO_PROXY is understood."""
    assert bypasses(host, port, no_proxy) is expected


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("http://store.example:9000", _PROXIES, "http://proxy:3128"),
        ("https://store.example", _PROXIES, "http://proxy:3129"),
        ("https://store.example", {"https_proxy": "proxy:1"}, "http://proxy:1"),
        ("https://store.example", {"ALL_PROXY": "https://[::1]:1"}, "https://[::1]:1"),
        ("https://store.example", {"https_proxy": "", "HTTPS_PROXY": "http://p:1"}, None),
        ("https://store.example", _PROXIES | {"no_proxy": ".example"}, None),
        ("https://store.example", _PROXIES | {"NO_PROXY": "*"}, None),
        ("https://10.2.3.4:6443", _PROXIES | {"NO_PROXY": "10.0.0.0/8"}, None),
        ("https://[fd00::1]:6443", _PROXIES | {"NO_PROXY": "fd00::/8"}, None),
        ("http://127.0.0.2:9000", _PROXIES, None),
        ("http://[::1]:9000", _PROXIES, None),
        ("http://localhost:9000", _PROXIES, None),
        ("http://minio:9000", _PROXIES, None),
        ("http://169.254.169.254/latest", _PROXIES, None),
        ("http://store.example", {}, None),
    ],
)
def test_proxy_of_a_url(url: str, environment: dict, expected: str | None):
    """Hosts of this machine and of this network are reached directly, others by their proxy."""
    proxy = proxy_for(url, environment=environment)
    assert (proxy and proxy.url) == expected


def test_password_is_never_sent_to_a_proxy():
    """Without TLS a proxy would read the password, so the connection is direct."""
    url = "http://broker.example:15672"
    assert proxy_for(url, environment=_PROXIES)
    assert proxy_for(url, carries_password=True, environment=_PROXIES) is None
    assert proxy_for("https://broker.example", carries_password=True, environment=_PROXIES)


def test_password_of_the_proxy_is_not_shown():
    """The credentials of a proxy are apart from its URL."""
    proxy = proxy_for("https://store.example", environment=_PROXIES)
    assert proxy.credentials == "user:p@ss"
    assert "p@ss" not in repr(proxy)


@pytest.mark.parametrize("value", ["socks5://hunter2@proxy:1080", "http://hunter2@[::1", "://"])
def test_unusable_proxy_is_named(value: str):
    """The error names the variable, without the value."""
    with pytest.raises(SettingsError, match="HTTPS_PROXY") as raised:
        proxy_for("https://store.example", environment={"HTTPS_PROXY": value})
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"])
def test_missing_authority_is_named(variable: str, tmp_path):
    """OpenSSL ignores a path without a file, and every connection would fail later."""
    with pytest.raises(SettingsError, match=f"{variable} names .*nothing"):
        client_context({variable: str(tmp_path / "nothing")})


def test_file_without_certificate_is_named(tmp_path):
    """A file of another kind is no authority."""
    (tmp_path / "ca.crt").write_text("hello")
    with pytest.raises(SettingsError, match="no certificate in PEM form"):
        client_context({"SSL_CERT_FILE": str(tmp_path / "ca.crt")})


def test_private_authority_is_added_to_the_public_ones(certificates):
    """A store with a private certificate and the public hub both work."""
    public = len(client_context({}).get_ca_certs())
    context = client_context({"REQUESTS_CA_BUNDLE": str(certificates.authority)})
    assert len(context.get_ca_certs()) == public + 1


@pytest.mark.parametrize(
    ("host", "expected"), [("::1", "[::1]:5672"), ("10.0.0.1", "10.0.0.1:5672"), ("a", "a:5672")]
)
def test_ipv6_addresses_have_brackets(host: str, expected: str):
    """An address with its port can be read and copied into a URL."""
    assert address(host, 5672) == expected


@pytest.mark.parametrize(
    "password", ["a#b", "a/b", "a?b", "12/b", "a%zz", "a%", "a[b", "a]b", "a@/b"]
)
def test_raw_password_is_told_to_be_percent_encoded(password: str):
    """The sentence says what to do and contains nothing of the password."""
    with pytest.raises(ValueError, match="percent-encode the password") as raised:
        checked_url(f"amqp://user:{password}@host:5672/vhost")
    assert password not in str(raised.value)


@pytest.mark.parametrize("password", ["a%23b", "a:b", "a@b", "a%41", "", "ž"])
def test_valid_password_is_accepted(password: str):
    """An encoded password is not refused."""
    assert checked_url(f"amqp://user:{password}@host:5672/vhost").hostname == "host"


def _refused() -> Exception:
    error = NewConnectionError(None, "Failed to establish a new connection")
    error.__cause__ = OSError(errno.ECONNREFUSED, "Connection refused")
    return MaxRetryError(None, "/", error)


def _tls(reason: str) -> Exception:
    inner = ssl.SSLError(1, f"[SSL: {reason}] something")
    inner.reason = reason
    return MaxRetryError(None, "/", SSLError(inner))


def _certificate(code: int) -> Exception:
    inner = ssl.SSLCertVerificationError(1, "certificate verify failed")
    inner.verify_code, inner.verify_message = code, "the reason of OpenSSL"
    return SSLError(inner)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (_refused(), "nothing listens there"),
        (_tls("WRONG_VERSION_NUMBER"), "does not use TLS"),
        (_tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "client certificate"),
        (_tls("TLSV1_ALERT_INTERNAL_ERROR"), r"handshake failed \(TLSV1_ALERT_INTERNAL_ERROR\)"),
        (_certificate(20), "not trusted.*SSL_CERT_FILE"),
        (_certificate(18), "not trusted.*SSL_CERT_FILE"),
        (_certificate(10), r"has expired.*\d\d:\d\d UTC"),
        (_certificate(9), r"not valid yet.*\d\d:\d\d UTC"),
        (_certificate(62), "for another name"),
        (_certificate(64), "for another address"),
        (_certificate(99), "the reason of OpenSSL"),
        (socket.gaierror(socket.EAI_NONAME, "x"), "name is unknown"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "at the moment"),
        (OSError(errno.ENETUNREACH, "x"), "no route.*IPv6"),
        (
            OSError("Tunnel connection failed: 407 Proxy Authentication Required"),
            "user and password",
        ),
        (OSError("Tunnel connection failed: 403 Forbidden"), "proxy refused.*403"),
        (TimeoutError(), "does not answer"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "closed the connection"),
        (ValueError("hunter2"), r"failed \(ValueError\)"),
    ],
)
def test_failure_names_its_cause(error: Exception, sentence: str):
    """Each cause has its words, also inside the exceptions of a library."""
    with pytest.raises(AssertionError, match=sentence):
        raise AssertionError(failures.explain(error))
