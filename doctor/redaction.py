"""Remove secrets from what is printed, in case a message contains one."""

from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from core.api_keys import parse_api_keys
from core.settings import Settings

_MIN_CHARACTERS = 4
"""Shorter secrets are not removed: they would be found within ordinary words."""


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return the values of all secret settings, longest first.

    With the passwords in their URLs, and each of several keys.
    """
    values = (getattr(settings, name) for name in type(settings).model_fields)
    plain = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    passwords = [password for value in plain if (password := _password(value))]
    encoded = [quote(password, safe="") for password in passwords]
    decoded = [unquote(password) for password in passwords]
    keys = [key.get_secret_value() for key in parse_api_keys(settings.api_keys).values()]
    found = {*plain, *passwords, *encoded, *decoded, *keys}
    return tuple(sorted((each for each in found if len(each) >= _MIN_CHARACTERS), key=len)[::-1])


def redact(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret in a text by ``***``."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None
