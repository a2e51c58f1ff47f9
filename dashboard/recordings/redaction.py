"""Sentences without addresses and paths: a recording is shown to strangers.

Errors of queue, store and cluster name hosts and ports, and a scaler's condition may hold a
whole URL with its password. Taken out are URLs, ``host:port``, IPv4 and IPv6 addresses, and
absolute paths up to their first space. Names of workers, pods and nodes are kept, as are hosts
that are named without a port.
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
HIDDEN = "(address not recorded)"
HIDDEN_PATH = "(path not recorded)"
LONGEST = 2000
"""Characters of a sentence; the rest is not recorded."""


def without_addresses(sentence: str) -> str:
    """Return a sentence in which no address and no absolute path is left."""
    if len(sentence) > LONGEST:  # cut between words: half an address would not be recognised
        sentence = sentence[:LONGEST].rpartition(" ")[0] + " …"
    sentence = _ADDRESS.sub(_hidden, _IPV6.sub(_hidden_ipv6, sentence))
    return _PATH.sub(HIDDEN_PATH, sentence)


def model_name(model: str) -> str:
    """Name a model; its folder is named without the way to it."""
    return Path(model).name if Path(model).is_absolute() else model


def _hidden(match: re.Match[str]) -> str:
    ipv4 = match[0].count(".") >= 3
    return match[0] if _TIME.fullmatch(match[0]) and not ipv4 else HIDDEN


def _hidden_ipv6(match: re.Match[str]) -> str:
    text = match[0].partition("]")[0].lstrip("[")
    for end in (len(text), -1):  # a colon after an address is the sentence's
        try:
            ip_address(text[:end])
        except ValueError:
            continue
        return HIDDEN + ("" if end > 0 else ":")
    return match[0]


def redacted(plain: Any) -> Any:
    """Return plain data in which no text holds an address."""
    if isinstance(plain, str):
        return without_addresses(plain)
    if isinstance(plain, dict):
        return {key: redacted(value) for key, value in plain.items()}
    if isinstance(plain, list):
        return [redacted(value) for value in plain]
    return plain
