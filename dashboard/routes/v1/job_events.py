"""Progress of jobs as server-sent events: https://html.spec.whatwg.org/#server-sent-events.

Each event is a whole job, so that a client that missed some has lost nothing. Its id is a time and
the state: a client that connects again gets what has changed since. Of the stream of all jobs it is
the time until which the client has received every change, although the connection may break within
a burst of events.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from cachetools import LRUCache
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from core.errors import StoreUnavailable
from dashboard import runtime
from dashboard.domain.jobs import FINISHED, JobView
from dashboard.routes import event_stream
from dashboard.routes.job_changes import JobChanges, observed
from dashboard.routes.jobs import find_job, requested_job
from dashboard.routes.v1.answers import no_content
from dashboard.routes.v1.jobs import shown

MAX_STREAMS = 200
"""Each keeps a connection."""
HEARTBEAT_SECONDS = 15.0
"""Proxies close a stream that is silent for longer."""
_PAUSE_SECONDS = 0.1
"""Between two events of a job, at least: a quick worker reports hundreds of steps a second."""
_CLOCK_TOLERANCE_SECONDS = 5.0
"""How far the clocks of workers, which date events, may differ from this one."""

_MAX_KNOWN_JOBS = 200

_HEARTBEAT = ": heartbeat\n\n"
_ID = re.compile(r"([0-9]{1,15})-([a-z]+)")

_places = asyncio.Semaphore(MAX_STREAMS)


@dataclass(frozen=True)
class _LastEvent:
    """What a client that connects again received last."""

    at: float
    """Unix seconds."""
    state: str


async def stream_job(request: Request) -> Response:
    """Stream a job until it is finished."""
    view, last = await requested_job(request), _last_event(request)
    if last and view.state in FINISHED and last.state == view.state:
        return no_content()  # upon which a browser does not connect again
    return _respond(request, _job_events(request, view))


async def stream_jobs(request: Request) -> Response:
    """Stream all jobs that change."""
    return _respond(request, _all_events(request, _last_event(request)))


def _respond(request: Request, events: AsyncGenerator[str]) -> Response:
    if request.method == "HEAD":
        return Response(headers=event_stream.HEADERS, media_type=event_stream.MEDIA_TYPE)
    if _places.locked():
        sentence = f"{MAX_STREAMS} streams are open, the maximum. Please try again later."
        raise HTTPException(503, sentence, {"Retry-After": "10"})
    return _Stream(events, headers=event_stream.HEADERS, media_type=event_stream.MEDIA_TYPE)


class _Stream(StreamingResponse):
    """An answer that keeps a place from before its first byte to its end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with _places:
            await super().__call__(scope, receive, send)


async def _job_events(request: Request, view: JobView) -> AsyncGenerator[str]:
    context, writer = runtime.current(), _EventWriter(request)
    with observed(view.job.id) as changes:
        view = context.journal.find(view.job.id) or view
        yield writer.write((view,), time.time())
        while view.state not in FINISHED and runtime.current() is context:
            await _changed(changes)
            found = await _find(view)
            if found is None:
                return  # a client that connects again is answered with a 404
            view = found
            yield writer.write((view,), time.time()) or _HEARTBEAT


async def _find(view: JobView) -> JobView | None:
    """Return the job as it is now; None if it is neither in the journal nor in the store."""
    with suppress(StoreUnavailable):
        return await find_job(view.job.id)
    return view


async def _all_events(request: Request, last: _LastEvent | None) -> AsyncGenerator[str]:
    context, writer = runtime.current(), _EventWriter(request)
    with observed() as changes:
        complete_until = time.time()
        yield _HEARTBEAT  # the headers reach the client at once
        for view in _changed_since(context.journal.jobs(), last):
            yield writer.write((view,), last.at if last else complete_until)
        # An event without data: the client takes its id, and no event.
        yield f"id: {_event_id(complete_until, 'none')}\n\n"
        while runtime.current() is context:
            changed, taken_at = await _changed(changes), time.time()
            views = [found for job_id in changed if (found := context.journal.find(job_id))]
            yield writer.write(views, complete_until) or _HEARTBEAT
            complete_until = taken_at


async def _changed(changes: JobChanges) -> tuple[str, ...]:
    """Return the jobs that changed; none after the time of a heartbeat."""
    try:
        await asyncio.wait_for(changes.wait(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return ()
    await asyncio.sleep(_PAUSE_SECONDS)
    return changes.take()


def _changed_since(views: Iterable[JobView], last: _LastEvent | None) -> Iterator[JobView]:
    """Yield the jobs that are unfinished, or finished since the last event, oldest first."""
    if last is None:
        return
    since = last.at - _CLOCK_TOLERANCE_SECONDS
    for view in reversed(tuple(views)):
        if view.state not in FINISHED or (view.finished_at or 0.0) >= since:
            yield view


class _EventWriter:
    """Writes jobs as events, each state of a job once: a dashboard receives its own events, too."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._sent: LRUCache[str, int] = LRUCache(_MAX_KNOWN_JOBS)

    def write(self, views: Iterable[JobView], at: float) -> str:
        """Return an event for each job that the client has not received as it is.

        Args:
            views: the jobs.
            at: the time of their ids, in Unix seconds.

        """
        return "".join(self._write(view, at) for view in views)

    def _write(self, view: JobView, at: float) -> str:
        data = shown(self._request, view).model_dump_json()
        digest = hash(data)  # the data of 200 jobs of 100 pictures are megabytes for each stream
        if self._sent.get(view.job.id) == digest:
            return ""
        self._sent[view.job.id] = digest
        return f"event: job\nid: {_event_id(at, view.state)}\ndata: {data}\n\n"


def _event_id(at: float, state: str) -> str:
    return f"{int(at * 1000)}-{state}"


def _last_event(request: Request) -> _LastEvent | None:
    found = _ID.fullmatch(request.headers.get("last-event-id", ""))
    return _LastEvent(int(found[1]) / 1000, found[2]) if found else None
