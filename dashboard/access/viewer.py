"""The viewer of the current Streamlit session, and their permissions."""

from functools import cache

import streamlit as st

from dashboard import runtime
from dashboard.access import browser_memory, presenter_key, roles
from dashboard.access.roles import Action, NotAllowed, Policy, Role
from dashboard.access.secrets_file import read_policy
from dashboard.recordings.replay_backends import NOTHING_CHANGES

_UNVERIFIED = "Your login does not confirm your e-mail address, so you can only view."

_read_once = cache(read_policy)


def policy() -> Policy:
    """Return the site's policy, read once; raises SettingsError."""
    # A replay has its own settings, but the same key, so the cache holds one policy.
    settings = runtime.current().settings
    return _read_once(settings.presenter_key, settings.api_keys)


def email() -> str | None:
    """Return the viewer's verified address; None for a visitor."""
    if not is_logged_in():
        return None
    return roles.address_of(policy(), st.user)


def is_logged_in() -> bool:
    """Return whether the viewer is logged in, with a verified address or not."""
    return policy().login and st.user.is_logged_in


def role() -> Role:
    """Return the viewer's role."""
    return roles.role_of(policy(), email(), has_key())


def is_presenter() -> bool:
    """Return whether the viewer's own requests need no approval, in a replay too."""
    return role() == "presenter"


def allows(action: Action) -> bool:
    """Return whether the viewer may do something."""
    return roles.allowed(role(), action) and not _disabled_in_replay(action)


def reason(action: Action) -> str:
    """Return a sentence for a viewer without a permission."""
    if _disabled_in_replay(action):
        return NOTHING_CHANGES
    if is_logged_in() and email() is None:
        return _UNVERIFIED
    return roles.refusal(policy(), email(), action)


def _disabled_in_replay(action: Action) -> bool:
    return runtime.current().replaying and action not in roles.ALSO_IN_REPLAY


def require(action: Action) -> None:
    """Raise NotAllowed unless the viewer may do something.

    A hidden button does not protect the action behind it.
    """
    if not allows(action):
        raise NotAllowed(reason(action))


def has_key() -> bool:
    """Return whether the presenter's key was entered in this browser."""
    return browser_memory.current().has_key


def drop_key() -> None:
    """Log the presenter out in this browser."""
    browser_memory.current().has_key = False


def present_key(key: str) -> bool:
    """Make the viewer the presenter if the key is correct; raises LockedOut."""
    # Streamlit reports no address for clients on this machine.
    correct = presenter_key.check(policy(), key, st.context.ip_address or "127.0.0.1")
    browser_memory.current().has_key = correct
    return correct
