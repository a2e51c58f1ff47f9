"""The jobs that this browser submitted, and callbacks that retry, repeat or cancel jobs."""

from collections.abc import Iterable

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.access import browser_memory, submitters
from dashboard.domain.hidden_prompts import is_hidden
from dashboard.runtime import queue_control, submission
from wire.messages.job import Job, JobRequest


def ids() -> frozenset[str]:
    """Return the ids of the jobs that this browser submitted."""
    return frozenset(browser_memory.current().job_ids)


def record(jobs: Iterable[Job]) -> None:
    """Record jobs as this browser's."""
    browser_memory.current().job_ids.update(job.id for job in jobs)


def retry(job: Job) -> None:
    """Retry a failed job; a callback of buttons."""
    try:
        access.require("retry")
        _require_prompt(job)
        record([submission.retry(job, access.is_presenter())])
    except ApplicationError as error:
        st.toast(str(error))


def repeat(job: Job, seed: int | None = None) -> bool:
    """Submit a job's parameters again, without its seed or with another; a callback of buttons.

    The new job is the viewer's own: a presenter's needs no approval, even if the visitor's did.

    Returns:
        whether it was sent; a toast states why not.

    """
    fields = job.model_dump(exclude={"id", "seed", "pending_approval", "submitter"})
    try:
        access.require("submit")
        _require_prompt(job)
        request = JobRequest(**fields, seed=seed)
        submitter = submitters.of_viewer()
        record([submission.resubmit(request, access.is_presenter(), submitter)])
    except ApplicationError as error:
        st.toast(str(error))
        return False
    return True


def _require_prompt(job: Job) -> None:
    """Raise NotAllowed for a job whose prompt the viewer may not see."""
    if is_hidden(job):
        raise access.NotAllowed(
            "This prompt awaits the presenter's approval; its job can be sent again after that."
        )


def move_to_front(job_id: str) -> None:
    """Have a waiting job generated next; a callback of buttons."""
    try:
        access.require("prioritize")
        queue_control.move_to_front(job_id)
    except ApplicationError as error:
        st.toast(str(error))


def cancel(job_id: str) -> None:
    """Cancel a job; a callback of buttons."""
    try:
        access.require("cancel")
        runtime.current().cancel(job_id)
    except ApplicationError as error:
        st.toast(f"{error} The job continues.")
