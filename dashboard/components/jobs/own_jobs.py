"""The jobs that this session sent, and sending more of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.runtime import submission
from wire.messages.job import Job

_KEY = "own_jobs"


@dataclass(frozen=True)
class Sending:
    """What became of some requests that were sent together."""

    sent: int
    unsent: tuple[dict[str, Any], ...] = ()
    """The one that failed and those after it."""
    error: ApplicationError | None = None


def ids() -> frozenset[str]:
    """Return the ids of the jobs that this session sent."""
    return frozenset(st.session_state.get(_KEY, ()))


def submit(fields: dict[str, Any]) -> Job:
    """Send a job and remember that it is this session's; raises ApplicationError."""
    access.require("submit")
    return _remembered(submission.submit(fields))


def submit_all(requests: Sequence[dict[str, Any]]) -> Sending:
    """Send requests one by one, until one of them fails."""
    for sent, fields in enumerate(requests):
        try:
            submit(fields)
        except ApplicationError as error:
            return Sending(sent, tuple(requests[sent:]), error)
    return Sending(len(requests))


def _remembered(job: Job) -> Job:
    st.session_state.setdefault(_KEY, set()).add(job.id)
    return job


def retry(job: Job) -> None:
    """Try a failed job again, as a click's callback."""
    try:
        access.require("retry")
        _remembered(submission.retry(job))
    except ApplicationError as error:
        st.toast(str(error))


def repeat(job: Job, seed: int | None = None) -> None:
    """Send a job again, as a click's callback; with another seed it paints other pictures.

    It is the viewer's own then: it waits for no nod, though a visitor's pictures did.
    """
    fields = job.model_dump(exclude={"id", "seed", "pending_approval"}, exclude_none=True)
    if seed is not None:
        fields["seed"] = seed
    try:
        submit(fields)
    except ApplicationError as error:
        st.toast(str(error))


def cancel(job_id: str) -> None:
    """Take a job back, as a click's callback."""
    try:
        access.require("cancel")
        runtime.current().cancel(job_id)
    except ApplicationError as error:
        st.toast(f"{error} The job goes on.")
