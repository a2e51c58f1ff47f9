"""Check the presenter's key, from people and programs, and limit the rate of guesses."""

import math

from dashboard.access.client_address import rate_limit_key
from dashboard.access.rate_limit import TokenBuckets
from dashboard.access.roles import NotAllowed, Policy, Role, allowed, is_key, role_of
from dashboard.presentation.formatting import pluralize

_wrong_keys = TokenBuckets(capacity=5, rate=1 / 10)
"""Per client: 5 wrong keys at once, then 1 per 10 s."""


class LockedOut(NotAllowed):
    """After too many wrong keys, an address may not try again for some seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = math.ceil(seconds)
        super().__init__(
            "Too many wrong keys from this address. "
            f"Please try again in {pluralize(self.seconds, 'second')}."
        )


def check(policy: Policy, key: str, address: str) -> bool:
    """Return whether a key is the presenter's; raises LockedOut."""
    client = rate_limit_key(address)
    if seconds := _wrong_keys.wait(client):
        raise LockedOut(seconds)
    correct = is_key(policy, key)
    if not correct:
        _wrong_keys.take(client)
    return correct


def program_role(policy: Policy, authorization: str, address: str) -> Role:
    """Return the role of a program: the presenter's with the key, else that of an unknown viewer.

    Args:
        policy: the site's.
        authorization: the HTTP header of that name (RFC 6750); empty if it is missing.
        address: the client's, for the rate limit of wrong keys.

    Raises LockedOut.

    """
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    sends_key = policy.key is not None and scheme.casefold() == "bearer" and token != ""
    return role_of(policy, None, has_key=sends_key and check(policy, token, address))


def program_may_submit(policy: Policy, authorization: str, address: str) -> bool:
    """Return whether a program may submit jobs: with login, only with the presenter's key.

    Raises LockedOut.
    """
    return allowed(program_role(policy, authorization, address), "submit")
