"""Choose the URL of /join that the QR code contains."""

import socket
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

from dashboard.access.hosts import is_loopback

_UNUSED_ADDRESS = ("192.0.2.1", 9)
"""Reserved for documentation by RFC 5737; nothing is sent to it."""


@dataclass(frozen=True)
class JoinAddress:
    """A URL for phones, with a note for the presenter."""

    url: str | None
    """None if no URL is known that a phone can reach."""
    note: str = ""


def choose(
    opened: str, public_url: str | None, network_address: str | None, base_path: str = ""
) -> JoinAddress:
    """Choose the URL for phones.

    Args:
        opened: the URL of the presenter's page, from the browser.
        public_url: the configured URL, which takes precedence.
        network_address: this machine's IP address; None if the server does not listen there,
            as in a container.
        base_path: the path below which everything is served, for a ``public_url`` without path.

    """
    if public_url:
        return JoinAddress(urljoin(with_base_path(public_url, base_path), "join"))
    if not is_loopback(urlsplit(opened).hostname or ""):
        return JoinAddress(urljoin(opened, "join"))
    if network_address is None:
        return JoinAddress(None, "No invitation: phones cannot reach localhost. Set PUBLIC_URL.")
    reachable = _with_host(opened, network_address)
    return JoinAddress(
        urljoin(reachable, "join"),
        "The invitation names this machine's network address: phones cannot reach localhost.",
    )


def with_base_path(url: str, path: str) -> str:
    """Return a site's URL with a slash at its end, below the base path unless it has a path."""
    url = url.rstrip("/")
    return f"{url}/" if urlsplit(url).path else f"{url}{path}/"


def _with_host(url: str, host: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path, "", ""))


def network_address() -> str | None:
    """Return this machine's IP address on its default route; None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_UNUSED_ADDRESS)  # selects a route and sends nothing
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if is_loopback(address) else address
