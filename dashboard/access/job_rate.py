"""The rate limit of jobs that a client sends over the API."""

from dashboard.access.programs import PRESENTER, Program
from dashboard.access.rate_limit import RateLimited, TokenBuckets

_jobs = TokenBuckets(capacity=500, rate=5)
"""Per client: 500 jobs at once, then 5 per second."""


def allow(program: Program, count: int) -> None:
    """Count the jobs of a client, by its key if it has one; raises RateLimited.

    The holder of the presenter's key has no limit but that of the queue.
    """
    if program.key == PRESENTER:
        return
    if seconds := _jobs.take(program.client, count):
        sender = "key" if program.key else "address"
        raise RateLimited(f"This {sender} has sent many jobs.", seconds)
