"""The presenter's key as people and programs offer it; whoever guesses is slowed down."""

import math

from dashboard.access.rate_limit import TokenBuckets
from dashboard.access.roles import NotAllowed, Policy, is_key
from dashboard.presentation.formatting import pluralize

_wrong_keys = TokenBuckets(capacity=5, rate=1 / 10)
"""For each address: 5 wrong keys at once, then one each 10 s."""


class LockedOut(NotAllowed):
    """No key is looked at for so many seconds, not even the right one."""

    def __init__(self, seconds: float) -> None:
        self.seconds = math.ceil(seconds)
        super().__init__(
            "Too many wrong keys came from this address. "
            f"Please try again in {pluralize(self.seconds, 'second')}."
        )


def check(policy: Policy, typed: str, address: str) -> bool:
    """Tell whether that is the key; raises LockedOut."""
    if seconds := _wrong_keys.wait(address):
        raise LockedOut(seconds)
    right = is_key(policy, typed)
    if not right:
        _wrong_keys.take(address)
    return right


def program_may_submit(policy: Policy, authorization: str, address: str) -> bool:
    """Tell whether a program may submit: where people log in, only with the presenter's key.

    Args:
        policy: the site's.
        authorization: the HTTP header of that name (RFC 6750); empty if there is none.
        address: whose wrong keys are pluralize together.

    Raises LockedOut.

    """
    if not policy.login:
        return True
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    return scheme.casefold() == "bearer" and token != "" and check(policy, token, address)
