"""Telling a form of this site's page from one that another site's page sends."""

from collections.abc import Mapping
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}

Place = tuple[str, int | None]
"""A host in lower case and a port: what tells sites apart here."""


def is_own(headers: Mapping[str, str], public_url: str | None) -> bool:
    """Tell whether this site's page sent a form, as far as the browser says where it was.

    Browsers send Sec-Fetch-Site over HTTPS only, and Origin (RFC 6454) with every form. Behind a
    proxy, Host may be another than the browser's; then ``public_url`` is the browser's.

    Raises ValueError for an origin that is no address.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or _place(origin) in _own_places(headers, origin, public_url)


def _own_places(headers: Mapping[str, str], origin: str, public_url: str | None) -> set[Place]:
    host = f"{urlsplit(origin).scheme}://{headers.get('host', '')}"
    places = {_place(host), _place(public_url or "")}
    return {place for place in places if place[0]}


def _place(url: str) -> Place:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
