"""Roles and their permissions."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import SecretStr

from core.errors import ApplicationError

Role = Literal["visitor", "member", "presenter"]
Action = Literal[
    "submit",
    "cancel",
    "retry",
    "star",
    "clear",
    "prioritize",
    "pause",
    "delete",
    "approve",
    "purge",
    "record",
    "present",
    "inject",
]

_RANKS: tuple[Role, ...] = ("visitor", "member", "presenter")
_MEMBERS: frozenset[Action] = frozenset({"submit", "cancel", "retry", "star"})
ALSO_IN_REPLAY: frozenset[Action] = frozenset({"record", "present"})
"""Actions that change neither jobs nor pictures."""


class NotAllowed(ApplicationError):
    """The viewer's role lacks a permission; the message names the required role."""


@dataclass(frozen=True)
class Policy:
    """The site's assignment of roles."""

    login: bool = False
    """Whether a login is configured."""
    members: tuple[str, ...] = ("*",)
    """E-mail addresses, or patterns such as ``*@example.org``, of people who may submit."""
    presenters: tuple[str, ...] = ()
    key: SecretStr | None = None
    """The presenter's key; None if there is none."""
    trust_unverified: bool = False
    """Whether to trust addresses if the provider sends no ``email_verified``."""
    api_keys: Mapping[str, SecretStr] = field(default_factory=dict)
    """The keys of programs, by name; empty where they need none but that of the pages."""

    @property
    def open_to_all(self) -> bool:
        """Whether everyone has all permissions."""
        return not self.login and self.key is None

    @property
    def has_keys(self) -> bool:
        """Whether there is any key that a program may send."""
        return self.key is not None or bool(self.api_keys)


def address_of(policy: Policy, claims: Mapping[str, Any]) -> str | None:
    """Return the verified e-mail address of a login; None without one.

    OpenID Connect Core, section 5.1, defines ``email_verified``; some providers send a string.
    """
    verified = claims.get("email_verified")
    trusted = verified is None and policy.trust_unverified
    return claims.get("email") if verified in (True, "true") or trusted else None


def role_of(policy: Policy, email: str | None, has_key: bool) -> Role:
    """Return a viewer's role.

    Args:
        policy: the site's.
        email: a verified address; None without a login.
        has_key: whether the viewer entered the presenter's key.

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
    """Return whether a role permits an action."""
    return _RANKS.index(role) >= _RANKS.index(_required_role(action))


def higher(first: Role, second: Role) -> Role:
    """Return the role with more permissions."""
    return max(first, second, key=_RANKS.index)


def refusal(policy: Policy, email: str | None, action: Action) -> str:
    """Return a sentence that names the required role and how to obtain it."""
    if _required_role(action) == "member":
        return _for_members(email)
    if policy.key:
        return "Only the presenter may do this: enter the presenter's key at the foot of the page."
    return "Only presenters may do this: the addresses listed under presenters in secrets.toml."


def is_key(policy: Policy, key: str) -> bool:
    """Compare a key with the presenter's in constant time."""
    if policy.key is None:
        return False
    return hmac.compare_digest(key.encode(), policy.key.get_secret_value().encode())


def _for_members(email: str | None) -> str:
    if email is None:
        return "Log in to do this. Without a login, you can only view."
    return f"Only members may do this, and {email} is not a member. You can only view."


def _required_role(action: Action) -> Role:
    return "member" if action in _MEMBERS else "presenter"


def _matches(email: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(email.casefold(), pattern.casefold()) for pattern in patterns)
