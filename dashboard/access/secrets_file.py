"""Read the site's policy from `.streamlit/secrets.toml`."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from streamlit.errors import StreamlitSecretNotFoundError

from core.api_keys import parse_api_keys
from core.errors import SettingsError
from core.validation import first_error
from dashboard.access.roles import Policy

_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_REQUIRED = ("redirect_uri", "cookie_secret", *_PROVIDER)
_SECTIONS = frozenset({"auth", "roles"})


class _Roles(BaseModel):
    """The section ``[roles]``."""

    model_config = ConfigDict(extra="forbid")

    members: tuple[str, ...] = ("*",)
    presenters: tuple[str, ...] = ()
    trust_unverified: bool = False


def read_policy(key: SecretStr | None, api_keys: SecretStr | None = None) -> Policy:
    """Read the site's policy.

    Args:
        key: the presenter's, from PRESENTER_KEY.
        api_keys: those of programs, from API_KEYS.

    Raises SettingsError with a sentence that names the invalid entry.

    """
    secrets, programs = _secrets(), parse_api_keys(api_keys)
    _check_sections(secrets)
    if "auth" not in secrets:
        return Policy(key=key, api_keys=programs)
    missing = [name for name in _REQUIRED if not secrets["auth"].get(name)]
    if missing:
        raise SettingsError(f"secrets.toml has [auth] without {', '.join(missing)}.")
    roles = _roles(secrets.get("roles", {}))
    unverified = roles.trust_unverified
    return Policy(True, roles.members, roles.presenters, key, unverified, programs)


def _check_sections(secrets: Mapping[str, Any]) -> None:
    """Raise SettingsError for an entry that may be a misspelt section."""
    # Strings outside sections are allowed: they may belong to other programs.
    sections = {name for name, value in secrets.items() if isinstance(value, Mapping)}
    if unknown := sorted(sections - _SECTIONS):
        raise SettingsError(f"secrets.toml has [{unknown[0]}]; only [auth] and [roles] are known.")
    for name in sorted(_SECTIONS & (secrets.keys() - sections)):
        raise SettingsError(f"{name} in secrets.toml is not a section: write [{name}].")
    if "roles" in sections and "auth" not in sections:
        raise SettingsError("secrets.toml has [roles] without [auth]: login is impossible.")


def _secrets() -> dict[str, Any]:
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError as error:
        # A malformed file raises the same exception, and must not disable the login.
        if error.error_id == "no-secrets-found":
            return {}
        raise SettingsError(f"The secrets cannot be read: {error}") from None


def _roles(section: Mapping[str, Any]) -> _Roles:
    try:
        return _Roles.model_validate(section)
    except ValidationError as error:
        field, fault = first_error(error)
        raise SettingsError(f"{field} in [roles] of secrets.toml {fault}.") from None
