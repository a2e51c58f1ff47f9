"""The client's address behind proxies, for rate limits."""

import pytest

from core.web_settings import networks
from dashboard.access.client_address import client_of, is_trusted, rate_limit_key, scheme_of

TRUSTED = networks("10.0.0.0/8, 192.168.1.1, fd00::/8")
PROXY = "10.1.2.3"


def headers_of(*lines: str) -> list[tuple[bytes, bytes]]:
    """Return headers as a server passes them."""
    pairs = (line.split(": ", 1) for line in lines)
    return [(name.lower().encode(), value.encode()) for name, value in pairs]


@pytest.mark.parametrize(
    ("peer", "lines", "client"),
    [
        (PROXY, [], PROXY),
        (PROXY, ["X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        # A client invents what is left of its own address.
        (PROXY, ["X-Forwarded-For: 1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        (PROXY, ["X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        (PROXY, ["X-Forwarded-For: 10.9.9.9, 203.0.113.9, 192.168.1.1"], "203.0.113.9"),
        (PROXY, ["X-Forwarded-For: 203.0.113.9:51234"], "203.0.113.9"),
        (PROXY, ["X-Forwarded-For: [2001:db8::7]:443"], "2001:db8::7"),
        (PROXY, ["X-Forwarded-For: 2001:db8::7"], "2001:db8::7"),
        (PROXY, ["X-Forwarded-For: ::ffff:203.0.113.9"], "203.0.113.9"),
        ("::ffff:10.1.2.3", ["X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        ("fd00::5", ["X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        # Only proxies: the first of them is the client.
        (PROXY, ["X-Forwarded-For: 10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        # Hidden or damaged: the proxy that wrote it stands for its clients.
        (PROXY, ["X-Forwarded-For: 1.1.1.1, unknown"], PROXY),
        (PROXY, ["X-Forwarded-For: 1.1.1.1, unknown, 10.0.0.8"], "10.0.0.8"),
        (PROXY, ["X-Forwarded-For: "], PROXY),
        (PROXY, ["X-Forwarded-For: ,,"], PROXY),
        (PROXY, ["Forwarded: for=203.0.113.9;proto=https;by=10.1.2.3"], "203.0.113.9"),
        (PROXY, ['Forwarded: for=1.1.1.1, For="[2001:db8::7]:4711"'], "2001:db8::7"),
        (PROXY, ["Forwarded: for=_hidden"], PROXY),
        (PROXY, ["Forwarded: proto=https"], PROXY),
        # A proxy that writes X-Forwarded-For passes a client's Forwarded on.
        (PROXY, ["Forwarded: for=1.1.1.1", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        # Whoever is no proxy cannot name a client, from this machine either.
        ("203.0.113.9", ["X-Forwarded-For: 1.1.1.1"], "203.0.113.9"),
        ("127.0.0.1", ["X-Forwarded-For: 1.1.1.1"], "127.0.0.1"),
        ("::1", ["Forwarded: for=1.1.1.1"], "::1"),
        ("testclient", ["X-Forwarded-For: 1.1.1.1"], "testclient"),
    ],
)
def test_client_is_the_rightmost_untrusted_address(peer: str, lines: list[str], client: str):
    """What a proxy writes becomes the client's address, and never what a client writes."""
    assert client_of(peer, headers_of(*lines), TRUSTED) == client


def test_nobody_is_trusted_by_default():
    """Without TRUSTED_PROXIES the address is that of the connection."""
    assert client_of(PROXY, headers_of("X-Forwarded-For: 203.0.113.9"), networks(None)) == PROXY
    assert not is_trusted("not an address", TRUSTED)


@pytest.mark.parametrize(
    ("lines", "scheme"),
    [
        ([], None),
        (["X-Forwarded-Proto: https"], "https"),
        (["X-Forwarded-Proto: http, https"], "https"),
        (["X-Forwarded-Proto: javascript"], None),
        (['Forwarded: for=1.1.1.1;proto="https"'], "https"),
    ],
)
def test_scheme_is_the_one_that_the_proxy_reports(lines: list[str], scheme: str | None):
    """Behind TLS at a proxy, cookies are made for https."""
    assert scheme_of(headers_of(*lines)) == scheme


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.8", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        # A customer has a network of 2**64 addresses.
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("unknown", "unknown", True),
    ],
)
def test_limit_is_for_a_client_and_not_for_each_of_its_addresses(
    address: str, other: str, same: bool
):
    """Another address of the same IPv6 network gives no further guesses."""
    assert (rate_limit_key(address) == rate_limit_key(other)) is same
