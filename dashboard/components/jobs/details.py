"""A job's details in a drawer: what was asked for, where its time went, what can be done."""

from collections.abc import Iterator
from datetime import tzinfo
from html import escape

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.components.common import tables
from dashboard.components.jobs import actions, links, time_bar
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.insights.waterfall import waterfall
from dashboard.presentation import formatting, job_text
from wire.messages.job import Job

TICK = 1.0
"""Seconds between two looks at the newest snapshot, while the drawer is open."""
_STORED = "stored_job"
_GONE = (
    "No job of that id is known here. It may have been forgotten, or its metadata was deleted; "
    "pictures that it stored are in the Gallery."
)


def show_if_asked(zone: tzinfo | None) -> None:
    """Open the details of the job that was clicked, or that a link named."""
    job_id = links.asked_for()
    if job_id:
        drawer = st.dialog("Job", width="medium", position="right", on_dismiss=links.forget)
        drawer(_show)(job_id, zone)


def _show(job_id: str, zone: tzinfo | None) -> None:
    st.fragment(run_every=TICK)(_show_live)(job_id, zone)


def _show_live(job_id: str, zone: tzinfo | None) -> None:
    snapshot = runtime.current().sampler.snapshot()
    view, problem = _find(snapshot, job_id)
    if view is None:
        st.html(tables.note(problem))
        return
    spans = waterfall(view, snapshot.at)
    st.html(
        f"<p class='job-prompt'>{escape(view.job.prompt)}</p>"
        + tables.pairs(rows(view, snapshot, zone))
        + time_bar.bar(spans, time_bar.total(spans))
        + (time_bar.table(spans) if spans else "")
        + _pictures(view)
    )
    _show_action(view)


def _find(snapshot: Snapshot, job_id: str) -> tuple[JobView | None, str]:
    heard = next((view for view in snapshot.jobs if view.job.id == job_id), None)
    if heard:
        return heard, ""
    # The store is asked once for each time that the drawer is opened, not at each tick.
    asked, found = st.session_state.get(_STORED, ("", None))
    if asked == job_id and found:
        return found, ""
    try:
        found = runtime.current().find_job(job_id)
    except ApplicationError as error:
        return None, f"The job cannot be read: {error}"
    st.session_state[_STORED] = (job_id, found)
    return found, _GONE


def rows(view: JobView, snapshot: Snapshot, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    """List what is known of a job."""
    yield "State", escape(job_text.describe_state(view, snapshot))
    if view.submitted_at is not None:
        yield "Sent", formatting.date_and_clock(view.submitted_at, zone)
    yield "Pictures", f"{len(view.pictures)} of {view.job.count}"
    yield "Asked for", escape(_asked_for(view.job))
    if view.worker:
        yield "Worker", escape(view.worker)
    if view.attempt > 1:
        yield "Attempt", str(view.attempt)
    yield "Id", f"<code>{escape(view.job.id)}</code>"


def _asked_for(job: Job) -> str:
    size = f"{job.width} by {job.height}" if job.width and job.height else None
    steps = formatting.pluralize(job.steps, "step") if job.steps else None
    seed = f"seed {job.seed}" if job.seed is not None else None
    return ", ".join(part for part in (size, steps, seed) if part) or "what the model does best"


def _pictures(view: JobView) -> str:
    prompt = escape(view.job.prompt)
    images = "".join(
        f"<a href='/pictures/{name}' target='_blank'>"
        f"<img src='/pictures/{name}' alt='{prompt}' loading='lazy'></a>"
        for name in map(escape, runtime.current().shown_pictures(view))
    )
    return f"<div class='job-pictures'>{images}</div>" if images else ""


def _show_action(view: JobView) -> None:
    action = actions.action_of(view)
    allowed = access.allows(action)
    st.button(
        actions.LABELS[action],
        key=f"drawer_{action}",
        on_click=actions.ACTIONS[action],
        args=(view,),
        disabled=not allowed,
        help=None if allowed else access.reason(action),
    )
