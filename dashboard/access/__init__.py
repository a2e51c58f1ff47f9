"""Authorization: ``access.allows("delete")`` for the viewer of the current session.

Without ``[auth]`` in `.streamlit/secrets.toml` there is no login, and anyone who can open the
page may use it; PRESENTER_KEY can restrict the presenter's actions. With ``[auth]``, people
log in through OpenID Connect.
"""

from dashboard.access.presenter_key import LockedOut
from dashboard.access.programs import Program, program
from dashboard.access.roles import Action, NotAllowed, Policy, Role, allowed
from dashboard.access.viewer import (
    allows,
    drop_key,
    email,
    has_key,
    is_logged_in,
    is_presenter,
    policy,
    present_key,
    reason,
    require,
    role,
)

__all__ = [
    "Action",
    "LockedOut",
    "NotAllowed",
    "Policy",
    "Program",
    "Role",
    "allowed",
    "allows",
    "drop_key",
    "email",
    "has_key",
    "is_logged_in",
    "is_presenter",
    "policy",
    "present_key",
    "program",
    "reason",
    "require",
    "role",
]
