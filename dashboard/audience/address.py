"""Where phones find /join: the address that the QR code carries."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

_SOMEWHERE = ("192.0.2.1", 9)
"""An address of RFC 5737, which belongs to nobody; nothing is sent there."""


@dataclass(frozen=True)
class JoinAddress:
    """An address for phones, and what the presenter should know of it."""

    url: str | None
    """None where no address is known that a phone can reach."""
    note: str = ""

    @property
    def spoken(self) -> str:
        """The address as a person types it: without the scheme."""
        return self.url.partition("://")[2] if self.url else ""


def choose(opened: str, public_url: str | None, network_address: str | None) -> JoinAddress:
    """Choose what the QR code carries.

    Args:
        opened: the address at which this page was opened, as the browser says it.
        public_url: the address that somebody set for visitors, which wins.
        network_address: this machine's address on its network; None where that is not
            where the page is served, as in a container.

    """
    if public_url:
        return JoinAddress(urljoin(f"{public_url.rstrip('/')}/", "join"))
    if not _is_this_machine(urlsplit(opened).hostname or ""):
        return JoinAddress(urljoin(opened, "join"))
    if network_address is None:
        return JoinAddress(None, "Phones cannot reach localhost: set PUBLIC_URL.")
    better = _with_host(opened, network_address)
    return JoinAddress(
        urljoin(better, "join"), "localhost is only this machine; this is its network address"
    )


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _with_host(url: str, host: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path, "", ""))


def network_address() -> str | None:
    """Return this machine's address on the network that leads outside; None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_SOMEWHERE)  # chooses a way there, and sends nothing
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if _is_this_machine(address) else address
