"""The site's policy, from `.streamlit/secrets.toml` and PRESENTER_KEY."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel, ConfigDict, ValidationError
from streamlit.errors import StreamlitSecretNotFoundError

from dashboard.access.roles import Policy
from wire.errors import SettingsError
from wire.settings import Settings
from wire.validation import first_fault

_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_NEEDED = ("redirect_uri", "cookie_secret", *_PROVIDER)


class _Roles(BaseModel):
    """The section ``[roles]``."""

    model_config = ConfigDict(extra="forbid")

    members: tuple[str, ...] = ("*",)
    presenters: tuple[str, ...] = ()


def read_policy(settings: Settings) -> Policy:
    """Read who may do what; raises SettingsError with a sentence that names the entry."""
    secrets = _secrets()
    if "auth" not in secrets:
        return Policy(key=settings.presenter_key)
    missing = [name for name in _NEEDED if not secrets["auth"].get(name)]
    if missing:
        raise SettingsError(f"secrets.toml has [auth] without {', '.join(missing)}.")
    roles = _roles(secrets.get("roles", {}))
    return Policy(True, roles.members, roles.presenters, settings.presenter_key)


def _secrets() -> dict[str, Any]:
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError as error:
        # The same exception for a file that is broken: then nothing may be open to all.
        if error.error_id == "no-secrets-found":
            return {}
        raise SettingsError(f"The secrets cannot be read: {error}") from None


def _roles(section: Mapping[str, Any]) -> _Roles:
    try:
        return _Roles.model_validate(section)
    except ValidationError as error:
        field, fault = first_fault(error)
        raise SettingsError(f"{field} in [roles] of secrets.toml {fault}.") from None
