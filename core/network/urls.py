"""URLs and addresses in settings: what they may contain, and how they are shown."""

import re
from urllib.parse import SplitResult, urlsplit

PERCENT_ENCODE = (
    "percent-encode the password and the virtual host: # is %23, / is %2F, ? is %3F, @ is %40, "
    "% is %25, [ is %5B, ] is %5D"
)

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def address(host: str, port: int) -> str:
    """Format ``host:port``, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def checked_url(url: str) -> SplitResult:
    """Split a URL with a user and password. Raises ValueError, without a part of the URL."""
    if is_raw(url):
        raise ValueError(PERCENT_ENCODE)
    parts = urlsplit(url)
    _ = parts.port  # raises ValueError for a port that is no number
    return parts


def is_raw(url: str) -> bool:
    """Return whether a URL has a password with characters that must be percent-encoded.

    A raw ``#``, ``/`` or ``?`` in a password ends the host part early: the rest then contains
    the ``@``, and what looks like the host is a part of the password.
    """
    authority, rest = _split(url)
    user_info = authority.rpartition("@")[0]
    return (
        "#" in url
        or "@" in rest
        or re.search(r"[\[\]]", user_info) is not None
        or _BAD_ESCAPE.search(user_info) is not None
    )


def _split(url: str) -> tuple[str, str]:
    after_scheme = url.partition("://")[2]
    end = re.search(r"[/?#]", after_scheme)
    position = end.start() if end else len(after_scheme)
    return after_scheme[:position], after_scheme[position:]
