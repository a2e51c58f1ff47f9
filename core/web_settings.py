"""Types of the settings about URLs, proxies and host names."""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

Network = IPv4Network | IPv6Network

_SEGMENT = r"(?!\.{1,2}(?:/|$))[\w.~-]+"
_PATH = re.compile(rf"(?:{_SEGMENT}(?:/{_SEGMENT})*)?", re.ASCII)
_HOST = re.compile(r"\*|(?:\*\.)?[\w-]+(?:\.[\w-]+)*\.?", re.ASCII)


def split(text: str | None) -> tuple[str, ...]:
    """Return the parts of a list that is separated by commas."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def networks(text: str | None) -> tuple[Network, ...]:
    """Return the networks in a list of addresses and networks; raises ValueError."""
    return tuple(ip_network(part, strict=False) for part in split(text))


def _normalize_path(text: str | None) -> str:
    """Return a path with one slash in front and none at the end; empty for the root."""
    path = (text or os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "")).strip().strip("/")
    if not _PATH.fullmatch(path):
        raise ValueError("must be a path such as /live, of letters, digits and - _ . ~")
    return f"/{path}" if path else ""


def _check_networks(text: str | None) -> str | None:
    try:
        networks(text)
    except ValueError:
        raise ValueError(
            "must be addresses or networks such as 10.244.0.0/16, separated by commas"
        ) from None
    return text


def _check_hosts(text: str | None) -> str | None:
    if not all(_HOST.fullmatch(name) for name in split(text)):
        raise ValueError(
            "must be host names such as live.example.org or *.example.org, without a scheme or "
            "a port, separated by commas"
        )
    return text


BasePath = Annotated[str, BeforeValidator(_normalize_path)]
Networks = Annotated[str | None, AfterValidator(_check_networks)]
HostNames = Annotated[str | None, AfterValidator(_check_hosts)]
