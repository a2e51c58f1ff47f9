"""The setting with the keys of programs."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, SecretStr

from core.web_settings import split

_KEY = re.compile(r"([\w.-]{1,40}):([!-+\--~]{8,})", re.ASCII)
"""A name and visible characters but the comma, which separates keys."""


def parse_api_keys(text: SecretStr | None) -> Mapping[str, SecretStr]:
    """Return the keys by name; raises ValueError, which contains no key."""
    parts = split(text.get_secret_value()) if text else ()
    matches = [_KEY.fullmatch(part) for part in parts]
    if not all(matches):
        raise ValueError(
            "must be names and keys such as webui:3f9c0a7d52e1, separated by commas, "
            "with at least 8 visible characters in each key"
        )
    keys = {match[1]: SecretStr(match[2]) for match in matches if match}
    if len(set(keys.values())) < len(parts):
        raise ValueError("has a name or a key twice")
    return keys


def _check(text: SecretStr | None) -> SecretStr | None:
    parse_api_keys(text)
    return text


ApiKeys = Annotated[SecretStr | None, AfterValidator(_check)]
