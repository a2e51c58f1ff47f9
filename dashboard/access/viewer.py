"""The viewer of this Streamlit session: who it is, and what that allows."""

from functools import cache

import streamlit as st

from dashboard import runtime
from dashboard.access import presenter_key, roles
from dashboard.access.roles import Action, NotAllowed, Policy, Role
from dashboard.access.secrets_file import read_policy
from dashboard.recordings.replay_backends import NOTHING_CHANGES

_HAS_KEY = "has_presenter_key"
_UNVERIFIED = "Your login does not say that your e-mail address was verified, so you may look only."

_read_once = cache(read_policy)


def policy() -> Policy:
    """Return the site's policy, read once; raises SettingsError."""
    # A replay's settings differ from the live run's, but never in the key: what was read at
    # the start holds, whatever plays.
    return _read_once(runtime.current().settings.presenter_key)


def email() -> str | None:
    """Return the verified address of who logged in; None for a visitor."""
    if not is_logged_in():
        return None
    return roles.address_of(policy(), st.user)


def is_logged_in() -> bool:
    """Tell whether the viewer logged in, be the address verified or not."""
    return policy().login and st.user.is_logged_in


def role() -> Role:
    """Tell this viewer's role."""
    return roles.role_of(policy(), email(), has_key())


def allows(action: Action) -> bool:
    """Tell whether this viewer may do something."""
    return roles.allowed(role(), action) and not _off_in_replay(action)


def reason(action: Action) -> str:
    """Say who may do this, for one who may not."""
    if _off_in_replay(action):
        return NOTHING_CHANGES
    if is_logged_in() and email() is None:
        return _UNVERIFIED
    return roles.refusal(policy(), email(), action)


def _off_in_replay(action: Action) -> bool:
    return runtime.current().replaying and action not in roles.ALSO_IN_REPLAY


def require(action: Action) -> None:
    """Raise NotAllowed unless this viewer may: a hidden button is no guard."""
    if not allows(action):
        raise NotAllowed(reason(action))


def has_key() -> bool:
    """Tell whether this session gave the presenter's key."""
    return st.session_state.get(_HAS_KEY, False)


def drop_key() -> None:
    """Be the presenter no more."""
    st.session_state[_HAS_KEY] = False


def present_key(typed: str) -> bool:
    """Make the viewer the presenter if the key is right; raises LockedOut."""
    # Streamlit names no address where that is this machine's own.
    right = presenter_key.check(policy(), typed, st.context.ip_address or "127.0.0.1")
    st.session_state[_HAS_KEY] = right
    return right
