"""The rate limit of jobs that a client sends over the API."""

from dashboard.access.client_address import rate_limit_key
from dashboard.access.rate_limit import RateLimited, TokenBuckets
from dashboard.access.roles import Policy, Role

_jobs = TokenBuckets(capacity=500, rate=5)
"""Per client: 500 jobs at once, then 5 per second."""


def allow(policy: Policy, role: Role, address: str, count: int) -> None:
    """Count a client's jobs; raises RateLimited.

    The holder of the presenter's key has no limit but that of the queue.
    """
    if role == "presenter" and not policy.open_to_all:
        return
    if seconds := _jobs.take(rate_limit_key(address), count):
        raise RateLimited("This address has sent many jobs.", seconds)
