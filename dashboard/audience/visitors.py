"""Rate limits of visitors: one for each cookie, and one for each address."""

from dashboard.access.client_address import rate_limit_key
from dashboard.access.rate_limit import RateLimited, TokenBuckets
from dashboard.access.tokens import is_token

COOKIE = "visitor"


class Visitors:
    """The rate limits of one dashboard process.

    All phones of a conference often share one address, so the limit for an address is high:
    it stops a program that discards its cookie.
    """

    def __init__(self, per_visitor: TokenBuckets, per_address: TokenBuckets) -> None:
        self._per_visitor = per_visitor
        self._per_address = per_address

    def allow(self, cookie: str | None, address: str) -> None:
        """Count a request; raises RateLimited."""
        address = rate_limit_key(address)
        visitor = cookie if cookie and is_token(cookie) else f"without a cookie from {address}"
        if seconds := self._per_visitor.wait(visitor):
            raise RateLimited("You sent several requests.", seconds)
        if seconds := self._per_address.take(address):
            raise RateLimited("Many people are sending right now.", seconds)
        self._per_visitor.take(visitor)


def default_limits() -> Visitors:
    """Return the default limits.

    A visitor may send 3 requests at once, then 1 per 10 s; an address 60, then 3 per s.
    """
    return Visitors(per_visitor=TokenBuckets(3, 1 / 10), per_address=TokenBuckets(60, 3))


def heart_limits() -> Visitors:
    """Return the limits of hearts, which cost less than pictures.

    A visitor may give or take back 20 at once, then 1 per s; an address 300, then 30 per s.
    """
    return Visitors(per_visitor=TokenBuckets(20, 1), per_address=TokenBuckets(300, 30))
