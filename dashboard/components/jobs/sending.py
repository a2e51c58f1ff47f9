"""Send a session's requests in the background: a page responds while its queue does not.

Streamlit runs one callback or fragment of a session at a time, so a callback that waits for a
broker would stop every number on the page.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import ApplicationError
from dashboard import access
from dashboard.access import browser_memory, submitters
from dashboard.access.browser_memory import Memory
from dashboard.runtime import submission
from wire.messages.job import Job

_SECONDS_BEFORE_RETURN = 0.5
"""A queue that works has confirmed by then, and the page shows the result at once."""

JOB_ID = "id"
"""The key of the id that a request's job is to have; sent again, it is the same job."""

_senders = ThreadPoolExecutor(max_workers=8, thread_name_prefix="send")


@dataclass(frozen=True)
class Result:
    """The result of sending several requests in order, until one failed."""

    total: int
    sent: int
    jobs: tuple[Job, ...]
    unsent: tuple[dict[str, Any], ...] = ()
    """The request that failed and those after it."""
    error: ApplicationError | None = None


def begin(place: str, requests: Sequence[dict[str, Any]]) -> None:
    """Begin to send requests; ``place`` is the part of the page that takes their result."""
    sending = _start(requests)
    st.session_state[_key(place)] = sending
    wait((sending,), _SECONDS_BEFORE_RETURN)


def _start(requests: Sequence[dict[str, Any]]) -> Future[Result]:
    try:
        access.require("submit")
    except ApplicationError as error:
        refused: Future[Result] = Future()
        refused.set_result(Result(len(requests), 0, (), tuple(requests), error))
        return refused
    memory = browser_memory.current()
    submitter = submitters.of_viewer()
    return _senders.submit(_send_for, memory, requests, access.is_presenter(), submitter)


def _send_for(
    memory: Memory, requests: Sequence[dict[str, Any]], by_presenter: bool, submitter: str
) -> Result:
    """Send requests, and record their jobs as the browser's, be its page reloaded meanwhile."""
    result = send_all(requests, by_presenter, submitter)
    memory.job_ids.update(job.id for job in result.jobs)
    return result


def is_pending(place: str) -> bool:
    """Return whether requests are still being sent."""
    sending = _sending(place)
    return sending is not None and not sending.done()


def is_done(place: str) -> bool:
    """Return whether a result can be taken."""
    sending = _sending(place)
    return sending is not None and sending.done()


def take(place: str) -> Result | None:
    """Take a result once; None while there is none."""
    if not is_done(place):
        return None
    result: Result = st.session_state.pop(_key(place)).result()
    return result


def send_all(
    requests: Sequence[dict[str, Any]], by_presenter: bool = False, submitter: str | None = None
) -> Result:
    """Submit requests in order, until one fails; not ``by_presenter``, they may need approval."""
    jobs: list[Job] = []
    for sent, fields in enumerate(requests):
        try:
            jobs.extend(_submit(fields, by_presenter, submitter))
        except ApplicationError as error:
            return Result(len(requests), sent, tuple(jobs), tuple(requests[sent:]), error)
    return Result(len(requests), len(requests), tuple(jobs))


def _submit(fields: dict[str, Any], by_presenter: bool, submitter: str | None) -> Sequence[Job]:
    if JOB_ID not in fields:
        return submission.submit(fields, by_presenter, submitter)
    others = {name: value for name, value in fields.items() if name != JOB_ID}
    return [submission.submit_cell(fields[JOB_ID], others, by_presenter, submitter)]


def _sending(place: str) -> Future[Result] | None:
    sending: Future[Result] | None = st.session_state.get(_key(place))
    return sending


def _key(place: str) -> str:
    return f"sending_{place}"
