"""Roles and what each may do, as plain values and pure functions."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import SecretStr

from core.errors import ApplicationError

Role = Literal["visitor", "member", "presenter"]
Action = Literal[
    "submit", "cancel", "retry", "star", "clear", "delete", "approve", "purge", "record", "present"
]

_RANKS: tuple[Role, ...] = ("visitor", "member", "presenter")
_MEMBERS: frozenset[Action] = frozenset({"submit", "cancel", "retry", "star"})
ALSO_IN_REPLAY: frozenset[Action] = frozenset({"record", "present"})
"""What touches no job and no picture."""


class NotAllowed(ApplicationError):
    """The viewer's role does not reach that far; the message says whose does."""


@dataclass(frozen=True)
class Policy:
    """Who has which role, as the site's settings say."""

    login: bool = False
    """Whether people can log in."""
    members: tuple[str, ...] = ("*",)
    """E-mail addresses, or patterns such as ``*@example.org``, of those who may submit."""
    presenters: tuple[str, ...] = ()
    key: SecretStr | None = None
    """What a presenter types to be one."""
    trust_unverified: bool = False
    """Whether an address counts of which the provider does not say if it was verified."""

    @property
    def open_to_all(self) -> bool:
        """Whether everybody who reaches the page may do everything."""
        return not self.login and self.key is None


def address_of(policy: Policy, claims: Mapping[str, Any]) -> str | None:
    """Return who somebody is, of what the provider says; None if that is not sure.

    ``email_verified`` is OpenID Connect Core's, section 5.1; some providers write it as text.
    """
    verified = claims.get("email_verified")
    unsaid = verified is None and policy.trust_unverified
    return claims.get("email") if verified in (True, "true") or unsaid else None


def role_of(policy: Policy, email: str | None, has_key: bool) -> Role:
    """Tell a viewer's role.

    Args:
        policy: the site's.
        email: a verified address; None for who did not log in.
        has_key: whether the viewer gave the presenter's key.

    """
    if has_key or policy.open_to_all:
        return "presenter"
    if not policy.login:
        return "member"
    if email is None:
        return "visitor"
    if _matches(email, policy.presenters):
        return "presenter"
    return "member" if _matches(email, policy.members) else "visitor"


def allowed(role: Role, action: Action) -> bool:
    """Tell whether a role reaches as far as an action."""
    return _RANKS.index(role) >= _RANKS.index(_needed(action))


def refusal(policy: Policy, email: str | None, action: Action) -> str:
    """Say who may do this, and how to become one of them."""
    if _needed(action) == "member":
        return _for_members(email)
    if policy.key:
        return "Only the presenter may do this: enter the presenter's key at the foot of the page."
    return "Only the presenter may do this: an address listed under presenters in secrets.toml."


def is_key(policy: Policy, typed: str) -> bool:
    """Compare a key with the presenter's, in a time that tells nothing of it."""
    if policy.key is None:
        return False
    return hmac.compare_digest(typed.encode(), policy.key.get_secret_value().encode())


def _for_members(email: str | None) -> str:
    if email is None:
        return "Log in to do this; everybody may look."
    return f"This is for members, and {email} is none of them; you may look."


def _needed(action: Action) -> Role:
    return "member" if action in _MEMBERS else "presenter"


def _matches(email: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(email.casefold(), pattern.casefold()) for pattern in patterns)
