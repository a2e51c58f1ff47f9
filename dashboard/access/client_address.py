"""The address of a request's client, which a trusted proxy in front may report.

A proxy appends the address that it received a request from to X-Forwarded-For, or to Forwarded
(RFC 7239). Clients can send these headers as well, so they are read from the right, as far as
trusted proxies wrote them.
"""

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from core.web_settings import Network

Headers = Sequence[tuple[bytes, bytes]]
"""An ASGI request's headers: names in lower case, and values."""

_FORWARDED_FOR = re.compile(r'(?:^|[;\s])for=("[^"]*"|[^;,\s]*)', re.IGNORECASE)
_FORWARDED_PROTO = re.compile(r'(?:^|[;\s])proto="?(\w+)', re.IGNORECASE)
_IPV6_CLIENT_PREFIX = 64
"""Bits of an IPv6 address that its owner cannot choose; the other half is theirs."""


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Return whether an address belongs to a trusted proxy."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in trusted)


def client_of(peer: str, headers: Headers, trusted: Sequence[Network]) -> str:
    """Return the client's address: the rightmost reported one that is no trusted proxy's.

    Args:
        peer: the address that the connection came from.
        headers: the request's. X-Forwarded-For is preferred to Forwarded, since most proxies
            write only that one and pass the other on.
        trusted: the networks of the proxies.

    """
    client = peer
    for reported in _reported(headers):
        if not is_trusted(client, trusted):
            break
        address = _parse(reported)
        if address is None:  # a proxy may hide the address: "unknown", "_hidden"
            break
        client = str(address)
    return str(_parse(client) or client)


def scheme_of(headers: Headers) -> str | None:
    """Return the scheme that a trusted proxy reports; None without one."""
    forwarded = map(_FORWARDED_PROTO.search, _values(headers, b"forwarded"))
    values = _values(headers, b"x-forwarded-proto") or [match[1] for match in forwarded if match]
    scheme = values[-1].lower() if values else ""
    return scheme if scheme in ("http", "https") else None


def rate_limit_key(address: str) -> str:
    """Return the key of a client's rate limits: its address, or its network of IPv6."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        return str(IPv6Network((parsed, _IPV6_CLIENT_PREFIX), strict=False))
    return str(parsed or address)


def _reported(headers: Headers) -> Iterator[str]:
    """Yield the reported addresses, nearest first."""
    if forwarded_for := _values(headers, b"x-forwarded-for"):
        yield from reversed(forwarded_for)
        return
    for element in reversed(_values(headers, b"forwarded")):
        match = _FORWARDED_FOR.search(element)
        yield match[1] if match else ""


def _values(headers: Headers, name: bytes) -> list[str]:
    """Return the elements of a header's lists, in order."""
    lists = [value.decode("latin-1") for key, value in headers if key == name]
    return [element.strip() for element in ",".join(lists).split(",")] if lists else []


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address with or without port, brackets and quotes; None if it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
