"""Detect requests that were sent from another site's page."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from dashboard.access.hosts import host_name, is_loopback, matches

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

Origin = tuple[str, int | None]
"""A host in lower case and a port. The scheme is unknown behind a proxy."""


def is_same_origin(
    headers: Mapping[str, str], public_url: str | None, patterns: Sequence[str] = ()
) -> bool:
    """Return whether a request was sent from this site's page, as far as the browser reports it.

    Browsers send Sec-Fetch-Site over HTTPS and to localhost only, and Origin (RFC 6454) with every
    form and WebSocket.

    Args:
        headers: the request's.
        public_url: what the browser sees where a proxy rewrites Host.
        patterns: further hosts that the browser may see there; ``*`` is none of them, since it
            matches other sites too.

    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    if origin is None:
        return True
    sender = _parse(origin)
    if sender is None:
        return False
    named = any(matches(sender[0], each) for each in patterns if each != "*")
    return named or sender in _own_origins(headers, origin, public_url)


def is_from_this_machine(headers: Mapping[str, str]) -> bool:
    """Return whether page and dashboard are both on this machine, such as behind a tunnel."""
    sender = _parse(headers.get("origin", ""))
    names = (sender[0] if sender else None, host_name(headers.get("host", "")))
    return all(name is not None and is_loopback(name) for name in names)


def _own_origins(headers: Mapping[str, str], origin: str, public_url: str | None) -> set[Origin]:
    host = f"{urlsplit(origin).scheme}://{headers.get('host', '')}"
    origins = {_parse(host), _parse(public_url or "")}
    return {parsed for parsed in origins if parsed and parsed[0]}


def _parse(url: str) -> Origin | None:
    """Parse the origin of a URL; None if it is not valid, such as ``http://[::1``."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
