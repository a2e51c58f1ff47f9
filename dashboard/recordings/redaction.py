"""Remove addresses and paths from text, since recordings are shared.

Errors of queue, store and cluster name hosts and ports, and a scaler's condition may hold a
URL with its password. Redacted are URLs, ``host:port``, IPv4 and IPv6 addresses, and absolute
paths up to their first space. Names of workers, pods and nodes are kept, as are host names
without a port.
"""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any

_IPV6 = re.compile(
    r"\[[0-9A-Fa-f:.]{2,45}(?:%\w{1,20})?\](?::\d{1,5})?"
    r"|(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:%\w{1,20})?"
)
_ADDRESS = re.compile(
    r"""
      \b[A-Za-z][A-Za-z0-9+.-]{0,31}://\S+                  # a URL, its password included
    | (?<![\w.-])[\w.-]{1,253}:\d{2,5}\b                    # host:port, or a time
    | (?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])(?::\d+)?   # IPv4
    """,
    re.VERBOSE,
)
_PATH = re.compile(r"(?<![\w.~+@%/<-])(?:[A-Za-z]:\\\S+|~?/[\w.~+@%/-]*[\w~/-])")
_TIME = re.compile(r"[\d.-]+:\d+")
_HIDDEN_ADDRESS = "(address not recorded)"
_HIDDEN_PATH = "(path not recorded)"
_MAX_LENGTH = 2000
"""Characters of a text; the rest is not recorded."""


def redact(text: str) -> str:
    """Return a text without addresses and absolute paths."""
    if len(text) > _MAX_LENGTH:  # cut between words: half an address would not be recognized
        text = text[:_MAX_LENGTH].rpartition(" ")[0] + " …"
    text = _ADDRESS.sub(_hide_address, _IPV6.sub(_hide_ipv6, text))
    return _PATH.sub(_HIDDEN_PATH, text)


def redact_all(value: Any) -> Any:
    """Return plain data with every text in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_all(item) for key, item in value.items()}
    if isinstance(value, list):
        return [redact_all(item) for item in value]
    return value


def model_name(model: str) -> str:
    """Return a model's name; of a model in a folder, the folder's name without its path."""
    return Path(model).name if Path(model).is_absolute() else model


def _hide_address(match: re.Match[str]) -> str:
    ipv4 = match[0].count(".") >= 3
    return match[0] if _TIME.fullmatch(match[0]) and not ipv4 else _HIDDEN_ADDRESS


def _hide_ipv6(match: re.Match[str]) -> str:
    text = match[0].partition("]")[0].lstrip("[")
    for end in (len(text), -1):  # a colon after an address belongs to the sentence
        try:
            ip_address(text[:end])
        except ValueError:
            continue
        return _HIDDEN_ADDRESS + ("" if end > 0 else ":")
    return match[0]
