"""Check the presenter's key, and limit the rate of guesses of any key."""

import math
from collections.abc import Callable
from typing import TypeVar

from dashboard.access.client_address import rate_limit_key
from dashboard.access.rate_limit import TokenBuckets
from dashboard.access.roles import NotAllowed, Policy, is_key
from dashboard.presentation.formatting import pluralize

Found = TypeVar("Found")

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
    return counted(address, lambda: is_key(policy, key))


def counted(address: str, find_key: Callable[[], Found]) -> Found:
    """Return what a key was found to be, and count a wrong one; raises LockedOut."""
    client = rate_limit_key(address)
    if seconds := _wrong_keys.wait(client):
        raise LockedOut(seconds)
    found = find_key()
    if not found:
        _wrong_keys.take(client)
    return found
