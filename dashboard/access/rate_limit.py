"""Rate limits with token buckets.

See https://en.wikipedia.org/wiki/Token_bucket. The library ``limits`` offers windows, not
buckets: a window that admits a burst of 3 admits the next 3 together when it ends, not one
each 10 seconds. Its memory storage has no maximum of keys, so that clients could fill the
memory with invented ones.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

from core.errors import ApplicationError
from dashboard.presentation.formatting import pluralize

_MAX_KEYS = 20_000


class RateLimited(ApplicationError):
    """A client sent too many requests."""

    def __init__(self, reason: str, seconds: float) -> None:
        self.seconds = math.ceil(seconds)
        super().__init__(f"{reason} Please send again in {pluralize(self.seconds, 'second')}.")


@dataclass(frozen=True)
class _Bucket:
    tokens: float
    updated_at: float


class TokenBuckets:
    """A bucket for each key, full at first; thread-safe.

    Args:
        capacity: the maximum of tokens in a bucket: the size of a burst.
        rate: tokens that are added per second.
        max_keys: the number of buckets; the least recently used is dropped first.
        clock: returns seconds.

    """

    def __init__(
        self,
        capacity: float,
        rate: float,
        max_keys: int = _MAX_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: LRUCache[str, _Bucket] = LRUCache(max_keys)

    def wait(self, key: str) -> float:
        """Return the seconds until a key's bucket has a token; 0 if it has one."""
        with self._lock:
            return self._seconds_until_token(self._tokens(key, self._clock()))

    def take(self, key: str, count: int = 1) -> float:
        """Take tokens and return 0; without so many, return the seconds until there are."""
        with self._lock:
            now = self._clock()
            tokens = self._tokens(key, now)
            if tokens >= count:
                self._buckets[key] = _Bucket(tokens - count, now)
            return self._seconds_until_token(tokens, count)

    def _tokens(self, key: str, now: float) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return self._capacity
        return min(self._capacity, bucket.tokens + (now - bucket.updated_at) * self._rate)

    def _seconds_until_token(self, tokens: float, count: int = 1) -> float:
        return max(0.0, (count - tokens) / self._rate)
