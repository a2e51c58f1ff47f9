"""The host names under which this dashboard is known, against DNS rebinding.

With DNS rebinding, a page of another site makes the browser resolve that site's own name to this
machine. The browser then takes this dashboard for the other site, but sends its name as Host.
See https://en.wikipedia.org/wiki/DNS_rebinding.
"""

import socket
from collections.abc import Sequence
from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit


def host_name(host: str) -> str | None:
    """Return the name in a Host header, in lower case and without its port; None if invalid."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or parts.netloc != host:
        return None
    return parts.hostname.removesuffix(".")


def host_of_url(url: str | None) -> str | None:
    """Return the name in a URL; None without a URL."""
    return urlsplit(url).hostname if url else None


def is_known(name: str, patterns: Sequence[str]) -> bool:
    """Return whether a host name is this dashboard's.

    Besides the configured ones, these are names that nobody can register on the internet: IP
    addresses, localhost, this machine's name, and names without a dot, such as those of Docker
    Compose and of Services in the same namespace.

    Args:
        name: as ``host_name`` returns it.
        patterns: names, ``*.example.org`` for all names below a domain, or ``*``.

    """
    own = "." not in name or _is_ip_address(name) or name.endswith(".localhost")
    return own or name in _machine_names() or any(matches(name, each) for each in patterns)


def is_loopback(name: str) -> bool:
    """Return whether a host name is of this machine alone."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return _is_ip_address(name) and ip_address(name).is_loopback


def matches(name: str, pattern: str) -> bool:
    """Return whether a name is a pattern's: ``*.example.org``, ``*``, or the name itself."""
    pattern = pattern.lower().removesuffix(".")
    return pattern == "*" or name == pattern or (pattern[:2] == "*." and name.endswith(pattern[1:]))


def _is_ip_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


@cache
def _machine_names() -> frozenset[str]:
    """Return this machine's name, and the one that it has by multicast DNS (RFC 6762)."""
    name = socket.gethostname().lower()
    return frozenset({name, f"{name.partition('.')[0]}.local"})
