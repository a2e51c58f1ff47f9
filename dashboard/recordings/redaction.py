"""Sentences without addresses: a recording is shown to strangers.

Errors of queue, store and cluster name hosts and ports, and a scaler's condition may hold a
whole URL with its password.
"""

import re
from typing import Any

_ADDRESS = re.compile(
    r"""
      \b[A-Za-z][A-Za-z0-9+.-]*://\S+                         # a URL, its password included
    | \b[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*:\d{2,5}\b      # host:port
    | (?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])(?::\d+)?     # IPv4
    | \[[0-9A-Fa-f:]*:[0-9A-Fa-f:]*\](?::\d+)?                # IPv6
    """,
    re.VERBOSE,
)
HIDDEN = "(address not recorded)"


def without_addresses(sentence: str) -> str:
    """Return a sentence in which no address is left."""
    return _ADDRESS.sub(HIDDEN, sentence)


def redacted(plain: Any) -> Any:
    """Return plain data in which no text holds an address."""
    if isinstance(plain, str):
        return without_addresses(plain)
    if isinstance(plain, dict):
        return {key: redacted(value) for key, value in plain.items()}
    if isinstance(plain, list):
        return [redacted(value) for value in plain]
    return plain
