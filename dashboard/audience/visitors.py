"""How often visitors may send: each by a cookie, and all behind one address together."""

import math
import re
import secrets

from core.errors import ApplicationError
from dashboard.access.rate_limit import TokenBuckets
from dashboard.presentation.formatting import pluralize

COOKIE = "visitor"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


class RateLimited(ApplicationError):
    """A visitor has to wait."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = math.ceil(seconds)


class Visitors:
    """The limits of one dashboard process.

    A conference hall often shares one address, so that limit is wide: it is there against
    one machine that forgets its cookie each time.
    """

    def __init__(self, each: TokenBuckets, together: TokenBuckets) -> None:
        self._each = each
        self._together = together

    def allow(self, cookie: str | None, address: str) -> None:
        """Count a request, or raise RateLimited with the seconds to wait."""
        visitor = cookie if is_token(cookie) else f"without a cookie from {address}"
        if seconds := self._each.wait(visitor):
            raise RateLimited(_wait("You sent several in a row.", seconds), seconds)
        if seconds := self._together.take(address):
            raise RateLimited(_wait("Many people are sending right now.", seconds), seconds)
        self._each.take(visitor)


def usual() -> Visitors:
    """Make the limits.

    A visitor sends 3 at once, then one each 10 s; an address 60, then 3 a second.
    """
    return Visitors(each=TokenBuckets(3, 1 / 10), together=TokenBuckets(60, 3))


def new_token() -> str:
    """Make the value of a new visitor's cookie."""
    return secrets.token_urlsafe(16)


def is_token(value: str | None) -> bool:
    """Tell whether a cookie may be one of ours."""
    return value is not None and _TOKEN.fullmatch(value) is not None


def _wait(reason: str, seconds: float) -> str:
    return f"{reason} Please send again in {pluralize(math.ceil(seconds), 'second')}."
