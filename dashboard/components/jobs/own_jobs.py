"""The jobs that this session submitted, and callbacks that submit, retry or cancel jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.runtime import submission
from wire.messages.job import Job, JobRequest

_KEY = "own_jobs"


@dataclass(frozen=True)
class Submission:
    """The result of submitting several requests."""

    sent: int
    unsent: tuple[dict[str, Any], ...] = ()
    """The request that failed and those after it."""
    error: ApplicationError | None = None


def ids() -> frozenset[str]:
    """Return the ids of the jobs that this session submitted."""
    return frozenset(st.session_state.get(_KEY, ()))


def submit(fields: dict[str, Any]) -> None:
    """Submit a request and record its jobs as this session's; raises ApplicationError."""
    access.require("submit")
    for job in submission.submit(fields):
        _record(job)


def submit_all(requests: Sequence[dict[str, Any]]) -> Submission:
    """Submit requests in order, until one fails."""
    for sent, fields in enumerate(requests):
        try:
            submit(fields)
        except ApplicationError as error:
            return Submission(sent, tuple(requests[sent:]), error)
    return Submission(len(requests))


def _record(job: Job) -> None:
    st.session_state.setdefault(_KEY, set()).add(job.id)


def retry(job: Job) -> None:
    """Retry a failed job; a callback of buttons."""
    try:
        access.require("retry")
        _record(submission.retry(job))
    except ApplicationError as error:
        st.toast(str(error))


def repeat(job: Job, seed: int | None = None) -> None:
    """Submit a job's parameters again, without its seed or with another; a callback of buttons.

    The new job is the viewer's own: it needs no approval, even if the visitor's job did.
    """
    fields = job.model_dump(exclude={"id", "seed", "pending_approval"})
    try:
        access.require("submit")
        _record(submission.resubmit(JobRequest(**fields, seed=seed)))
    except ApplicationError as error:
        st.toast(str(error))


def cancel(job_id: str) -> None:
    """Cancel a job; a callback of buttons."""
    try:
        access.require("cancel")
        runtime.current().cancel(job_id)
    except ApplicationError as error:
        st.toast(f"{error} The job continues.")
