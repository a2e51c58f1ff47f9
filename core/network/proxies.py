"""The proxy for a URL, read from the environment in the same way for every client.

HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read as Go and curl do, in lower case first.
NO_PROXY lists names, suffixes, addresses, networks (``10.0.0.0/8``), each perhaps with a port.
Three kinds of hosts never need a proxy: this machine, link-local addresses such as a cloud's
metadata service, and names without a dot, such as a Service of the same namespace.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit

from core.errors import SettingsError

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Proxy:
    """A proxy of the environment."""

    variable: str
    """The variable that names it, for error messages."""
    url: str
    """Without credentials."""
    credentials: str | None = field(repr=False)
    """``user:password`` for the proxy itself; None if it needs none."""


def proxy_for(
    url: str, *, carries_password: bool = False, environment: Mapping[str, str] = os.environ
) -> Proxy | None:
    """Return the proxy for a URL; None to connect directly. Raises SettingsError.

    Args:
        url: an HTTP URL.
        carries_password: whether requests contain a password or token. Without TLS the proxy would
            read it, so there is no proxy then.
        environment: the variables.

    """
    target = urlsplit(url)
    if carries_password and target.scheme != "https":
        return None
    host, port = target.hostname or "", target.port or _DEFAULT_PORTS.get(target.scheme, 0)
    variable, value = _configured(target.scheme, environment)
    if not value or _is_near(host) or bypasses(host, port, _read(environment, "no_proxy")[1]):
        return None
    return _parse(variable, value)


def bypasses(host: str, port: int, no_proxy: str) -> bool:
    """Return whether NO_PROXY lists a host."""
    name, address = host.lower().rstrip("."), _address(host)
    return any(
        _matches(entry, name, address, port)
        for entry in re.split(r"[,\s]+", no_proxy.lower())
        if entry
    )


def _configured(scheme: str, environment: Mapping[str, str]) -> tuple[str, str]:
    for name in (f"{scheme}_proxy", "all_proxy"):
        variable, value = _read(environment, name)
        if value:
            return variable, value
    return "", ""


def _read(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    variable = name if name in environment else name.upper()
    return variable, environment.get(variable, "").strip()


def _is_near(host: str) -> bool:
    address = _address(host)
    if address:
        return address.is_loopback or address.is_link_local
    return "." not in host.rstrip(".") or host.endswith(".localhost")


def _matches(entry: str, name: str, address: IPv4Address | IPv6Address | None, port: int) -> bool:
    if entry == "*":
        return True
    entry, wanted_port = _split_port(entry)
    if wanted_port not in (None, port):
        return False
    if address:
        return _contains(entry, address)
    suffix = entry.removeprefix("*").strip(".")
    return bool(suffix) and (name == suffix or name.endswith(f".{suffix}"))


def _split_port(entry: str) -> tuple[str, int | None]:
    """Split ``host:port``; an IPv6 address with a port has brackets."""
    host, colon, port = entry.rpartition(":")
    if colon and port.isdecimal() and (":" not in host or host.endswith("]")):
        return host.strip("[]"), int(port)
    return entry.replace("[", "").replace("]", ""), None


def _contains(entry: str, address: IPv4Address | IPv6Address) -> bool:
    try:
        return address in ip_network(entry, strict=False)
    except ValueError:
        return False


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _parse(variable: str, value: str) -> Proxy:
    try:
        url = urlsplit(value if "://" in value else f"http://{value}")
        address = _without_credentials(url)
    except ValueError:
        raise SettingsError(f"{variable} is no URL such as http://proxy:3128.") from None
    if url.scheme not in _DEFAULT_PORTS or not url.hostname:
        raise SettingsError(
            f"{variable} must be an HTTP proxy, such as http://proxy:3128; others, such as SOCKS, "
            "are not supported. List hosts that need no proxy in NO_PROXY."
        )
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return Proxy(variable, address, f"{user}:{password}" if url.username else None)


def _without_credentials(url: SplitResult) -> str:
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return f"{url.scheme}://{host}:{url.port or _DEFAULT_PORTS.get(url.scheme, 0)}"
