"""Hold a request until its job is finished, without a thread.

Each held request is called for the events of its job, and awaits them on the event loop.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request

from dashboard import runtime
from dashboard.domain.jobs import FINISHED, JobView
from dashboard.routes.job_changes import JobChanges, observed
from dashboard.routes.jobs import find_job
from dashboard.routes.openai.errors import Refusal
from wire.messages.job import Job

MAX_HELD_REQUESTS = 200
"""Each keeps a connection, and at its end all of its pictures in memory."""
_REPEAT_SECONDS = 15.0
"""Without an event; proxies close a stream that is silent for longer."""

_WAIT = re.compile(r'(?:^|[\s,;])wait\s*=\s*"?([0-9]{1,6})(?![0-9])')
_places = asyncio.Semaphore(MAX_HELD_REQUESTS)
_cancellations = CapacityLimiter(16)
"""Not those of submissions: these wait for the store, which may hang while the queue answers."""


@asynccontextmanager
async def place() -> AsyncIterator[None]:
    """Take one of the places of held requests for the block; raises Refusal at the maximum."""
    if _places.locked():
        raise Refusal(
            503,
            f"{MAX_HELD_REQUESTS} requests are waiting for their pictures, the maximum. Nothing "
            "was sent; please send the request again later, or use POST /api/jobs.",
            headers={"Retry-After": "10", "x-should-retry": "true"},
        )
    async with _places:
        yield


def seconds_to_wait(request: Request) -> float:
    """Return how long a request may be held: ``Prefer: wait=10`` (RFC 7240) shortens it."""
    limit = runtime.current().settings.openai_wait_seconds
    wanted = _WAIT.search(request.headers.get("prefer", "").lower())
    return min(limit, float(wanted[1])) if wanted else limit


async def until_finished(request: Request, job: Job, seconds: float) -> JobView | None:
    """Return the finished job; None if it is not finished after ``seconds``.

    Raises what ``follow`` raises.
    """
    async with aclosing(follow(request, job, seconds)) as views:
        async for view in views:
            if view.state in FINISHED:
                return view
    return None


async def follow(request: Request, job: Job, seconds: float) -> AsyncGenerator[JobView]:
    """Yield a job after each of its events, and now and then, for ``seconds`` at most.

    If the client disconnects and cannot request the job again, the job is cancelled unless a
    worker has it.

    Raises ClientDisconnect, Refusal when the dashboard stops, or StoreUnavailable.
    """
    gone = asyncio.ensure_future(_disconnected(request))
    end = time.monotonic() + seconds
    try:
        with observed(job.id) as changed:
            while not gone.done():
                changed.take()
                if view := await find_job(job.id):
                    yield view
                if (rest := end - time.monotonic()) <= 0:
                    return
                await _first(changed, gone, min(rest, _REPEAT_SECONDS))
        await _give_up(request, job)
        raise ClientDisconnect
    except asyncio.CancelledError:  # the server stops, and waits for this answer
        message = f"The dashboard is stopping. The job {job.id} is kept on the queue."
        raise Refusal(503, message, headers={"Retry-After": "30"}) from None
    finally:
        gone.cancel()


async def _first(changed: JobChanges, gone: asyncio.Future[None], seconds: float) -> None:
    waiter = asyncio.ensure_future(changed.wait())
    either: set[asyncio.Future[Any]] = {waiter, gone}
    try:
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiter.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _give_up(request: Request, job: Job) -> None:
    context = runtime.current()
    view = context.journal.find(job.id)
    if view and view.state == "waiting" and "idempotency-key" not in request.headers:
        await to_thread.run_sync(context.cancel, job.id, limiter=_cancellations)
