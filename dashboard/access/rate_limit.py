"""Token buckets: how often somebody may do something.

A bucket holds ``capacity`` tokens and gains ``rate`` of them a second; what is done takes
one. So a few things may follow each other quickly, and many only at the rate.
https://en.wikipedia.org/wiki/Token_bucket
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_KEYS = 20_000


class TokenBuckets:
    """A bucket for each key, full at first; safe to use from any thread.

    Args:
        capacity: tokens that a bucket holds.
        rate: tokens that it gains a second.
        most_keys: buckets kept; the one that was used longest ago makes room.

    """

    def __init__(
        self,
        capacity: float,
        rate: float,
        most_keys: int = _MOST_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._rate = rate
        self._most_keys = most_keys
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Tokens, and when they were counted."""

    def wait(self, key: str) -> float:
        """Return the seconds until this key's bucket has a token; 0 if it has one."""
        with self._lock:
            return max(0.0, (1 - self._tokens(key)) / self._rate)

    def take(self, key: str) -> float:
        """Take a token and return 0; or return the seconds to wait, and take none."""
        with self._lock:
            tokens = self._tokens(key)
            if tokens < 1:
                return (1 - tokens) / self._rate
            self._buckets[key] = (tokens - 1, self._clock())
            self._buckets.move_to_end(key)
            if len(self._buckets) > self._most_keys:
                self._buckets.popitem(last=False)
            return 0.0

    def _tokens(self, key: str) -> float:
        tokens, at = self._buckets.get(key, (self._capacity, self._clock()))
        return min(self._capacity, tokens + (self._clock() - at) * self._rate)
