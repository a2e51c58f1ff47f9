"""Random values of cookies that name a browser or a visitor."""

import re
import secrets
from typing import TypeGuard

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def new_token() -> str:
    """Return a random value for a new cookie."""
    return secrets.token_urlsafe(16)


def is_token(value: str | None) -> TypeGuard[str]:
    """Return whether a cookie's value has the format of ``new_token``."""
    return value is not None and _TOKEN.fullmatch(value) is not None
