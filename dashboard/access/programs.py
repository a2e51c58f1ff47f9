"""Programs: who sends a request without a Streamlit session, and what it may do."""

import hmac
from dataclasses import dataclass

from dashboard.access.client_address import rate_limit_key
from dashboard.access.presenter_key import counted
from dashboard.access.roles import Policy, Role, higher, is_key, role_of

PRESENTER = "the presenter's"
"""The name of PRESENTER_KEY among the keys: one that API_KEYS cannot have."""


@dataclass(frozen=True)
class Program:
    """The sender of a request."""

    role: Role
    address: str
    key: str | None = None
    """The name of the key that it sent; None without one, or if there is no such key."""

    @property
    def client(self) -> str:
        """What the rate limits count: the key, else the address."""
        return f"key {self.key}" if self.key else rate_limit_key(self.address)


def program(policy: Policy, authorization: str, address: str) -> Program:
    """Return the sender of a request.

    Where there are API keys, a program without one may only view. Else it has the role of an
    unknown viewer of the pages.

    Args:
        policy: the site's.
        authorization: the HTTP header of that name (RFC 6750); empty if it is missing.
        address: the client's, for the rate limit of wrong keys.

    Raises LockedOut.

    """
    scheme, _, token = authorization.partition(" ")
    token = _decode(token.strip())
    sends_key = policy.has_keys and scheme.casefold() == "bearer" and token != ""
    key = counted(address, lambda: _name_of(policy, token)) if sends_key else None
    return Program(_role(policy, key), address, key)


def _role(policy: Policy, key: str | None) -> Role:
    if key is None and policy.api_keys:
        return "visitor"
    role = role_of(policy, None, has_key=key == PRESENTER)
    return higher(role, "member") if key else role


def _decode(token: str) -> str:
    """Return a key as it was typed: most clients send UTF-8, which the server reads as Latin-1."""
    try:
        return token.encode("latin-1").decode()
    except UnicodeError:
        return token


def _name_of(policy: Policy, token: str) -> str | None:
    """Return the name of a key, which is compared with all others in constant time."""
    if is_key(policy, token):
        return PRESENTER
    sent = token.encode()
    names = [
        name
        for name, key in policy.api_keys.items()
        if hmac.compare_digest(sent, key.get_secret_value().encode())
    ]
    return names[0] if names else None
