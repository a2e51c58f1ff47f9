"""The drawer with a job's details: its state and parameters, its time breakdown, its action."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import tzinfo
from functools import partial
from typing import cast

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.components.common import tables, viewer_snapshot
from dashboard.components.jobs import actions, links, time_bar
from dashboard.domain.hidden_prompts import is_hidden
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.insights.waterfall import waterfall
from dashboard.presentation import formatting, job_text, parameter_text
from dashboard.presentation.templates import render_macro

_REFRESH_SECONDS = 1.0
_STORED = "stored_job"
_PROMPT_READ = "prompt_read"
_NOT_FOUND = (
    "There is no job with this id. It may have been cleared, or its metadata was deleted; "
    "pictures that it stored are in the Gallery."
)

_render = partial(render_macro, "components/jobs/jobs.html")


def show_if_open(zone: tzinfo | None) -> None:
    """Show the details of the job that was clicked or that the address names."""
    job_id = links.open_job_id()
    if job_id:
        drawer = st.dialog(
            "Job details", width="medium", position="right", on_dismiss=links.close_details
        )
        drawer(_show)(job_id, zone)


def _show(job_id: str, zone: tzinfo | None) -> None:
    st.fragment(run_every=_REFRESH_SECONDS)(_show_live)(job_id, zone)


def _show_live(job_id: str, zone: tzinfo | None) -> None:
    snapshot = viewer_snapshot.newest()
    view, problem = _find(snapshot, job_id)
    if view is None:
        st.html(tables.note(problem))
        return
    spans = waterfall(view, snapshot.at)
    st.html(
        _render("prompt", view.job.prompt)
        + tables.pairs(rows(view, snapshot, zone, _prompt_read(view)))
        + time_bar.bar(spans, time_bar.total_seconds(spans))
        + (time_bar.table(spans) if spans else "")
        + _render("pictures", runtime.current().shown_pictures(view), view.job.prompt)
    )
    with st.container(horizontal=True, gap="small"):
        for action in actions.actions_of(view):
            _show_action(view, action)


def _find(snapshot: Snapshot, job_id: str) -> tuple[JobView | None, str]:
    known = next((view for view in snapshot.jobs if view.job.id == job_id), None)
    if known:
        return known, ""
    # The store is read once each time that the drawer opens, not at each tick.
    stored_id, stored = st.session_state.get(_STORED, ("", None))
    if stored_id == job_id and stored:
        return _shown(stored), ""
    try:
        stored = runtime.current().find_job(job_id)
    except ApplicationError as error:
        return None, f"The job cannot be read: {error}"
    st.session_state[_STORED] = (job_id, stored)
    return _shown(stored) if stored else None, _NOT_FOUND


def _shown(view: JobView) -> JobView:
    return view if access.is_presenter() else runtime.current().shown_job(view)


def _prompt_read(view: JobView) -> str | None:
    """Return the part of the prompt that was read if that was not all; None while unknown."""
    if view.state != "done" or is_hidden(view.job):
        return None
    # The store is read once each time that the drawer shows another job, not at each tick.
    job_id, prompt_read = st.session_state.get(_PROMPT_READ, ("", None))
    if job_id != view.job.id:
        prompt_read = None
        with suppress(ApplicationError):
            prompt_read = runtime.current().metadata(view.job.id).prompt_read
        st.session_state[_PROMPT_READ] = (view.job.id, prompt_read)
    return cast("str | None", prompt_read)


def rows(
    view: JobView, snapshot: Snapshot, zone: tzinfo | None, prompt_read: str | None = None
) -> Iterator[tuple[str, str]]:
    """List a job's properties that are known."""
    yield "State", job_text.describe_state(view, snapshot)
    if prompt_read is not None:
        yield "The text encoder read", prompt_read
    if view.submitted_at is not None:
        yield "Submitted", formatting.date_and_clock(view.submitted_at, zone)
    yield "Pictures", job_text.count_pictures(view)
    if view.withheld:
        numbers = ", ".join(str(number + 1) for number in view.withheld)
        yield "Not shown", f"{job_text.WITHHELD}: {numbers}"
    yield "Parameters", parameter_text.summary(view.job)
    yield from parameter_text.rows(view.job)
    if view.worker:
        yield "Worker", view.worker
    if view.attempt > 1:
        yield "Attempt", str(view.attempt)
    yield "ID", _render("code", view.job.id)


def _show_action(view: JobView, action: access.Action) -> None:
    allowed = access.allows(action)
    st.button(
        actions.LABELS[action],
        key=f"drawer_{action}",
        on_click=actions.ACTIONS[action],
        args=(view,),
        disabled=not allowed,
        help=None if allowed else access.reason(action),
    )
