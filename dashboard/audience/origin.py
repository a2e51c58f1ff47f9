"""Detect forms that were sent from another site's page."""

from collections.abc import Mapping
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, int | None]
"""A host in lower case and a port. The scheme is unknown behind a proxy."""


def is_same_origin(headers: Mapping[str, str], public_url: str | None) -> bool:
    """Return whether a form was sent from this site's page, as far as the browser reports it.

    Browsers send Sec-Fetch-Site over HTTPS only, and Origin (RFC 6454) with every form. A proxy
    may rewrite Host; then ``public_url`` is what the browser sees.

    Raises ValueError for an origin that is not a URL.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or _parse(origin) in _own_origins(headers, origin, public_url)


def _own_origins(headers: Mapping[str, str], origin: str, public_url: str | None) -> set[Origin]:
    host = f"{urlsplit(origin).scheme}://{headers.get('host', '')}"
    origins = {_parse(host), _parse(public_url or "")}
    return {parsed for parsed in origins if parsed[0]}


def _parse(url: str) -> Origin:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)
