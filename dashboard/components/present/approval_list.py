"""The pictures that wait for the presenter's approval, each with its prompt and two buttons."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st
from markupsafe import Markup

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.components import pictures
from dashboard.components.common import tables
from dashboard.components.present import render
from dashboard.gallery.approvals import Approvals, PendingPicture
from dashboard.gallery.pictures import media_type
from dashboard.presentation.formatting import pluralize
from dashboard.presentation.job_text import PROMPT_NOT_READ
from dashboard.presentation.urls import data_url

_MAX_PICTURES = 12

_EMPTY = (
    "No pictures waiting. While approval is on, pictures that no presenter requested appear here "
    "by themselves."
)

Decision = Callable[[str], None]
"""Approve or reject the pictures of a job; raises ApplicationError."""


def show(approvals: Approvals, columns: int = 4) -> None:
    """Show the pictures that wait, oldest first, in some columns."""
    waiting = approvals.pending()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(tables.title(f"{pluralize(len(waiting), 'picture')} waiting"))
        if waiting:
            _show_all_button(approvals, waiting)
    if not waiting:
        st.html(pictures.render("notice", _EMPTY))
    places = st.columns(columns, gap="small")
    for number, picture in enumerate(waiting[:_MAX_PICTURES]):
        with places[number % columns].container(border=True, key=f"card_held_{picture.name}"):
            _show_picture(approvals, picture, is_oldest=number == 0)


def _show_all_button(approvals: Approvals, waiting: Sequence[PendingPicture]) -> None:
    """Show the button that approves what waits now, and nothing that arrives meanwhile."""
    job_ids = tuple(dict.fromkeys(picture.job_id for picture in waiting))
    st.button(
        "Approve all",
        key="approve_all",
        shortcut="shift+a",
        on_click=_decide_all,
        args=(approvals, job_ids),
    )


def _show_picture(approvals: Approvals, picture: PendingPicture, is_oldest: bool) -> None:
    st.html(_card(picture.name, _prompt(picture.job_id)))
    keys = ("a", "x") if is_oldest else (None, None)
    with st.container(horizontal=True, gap="small"):
        _show_button("Approve", "primary", picture, approvals.approve, keys[0])
        _show_button("Reject", "secondary", picture, approvals.reject, keys[1])


def _card(name: str, prompt: str) -> Markup:
    """Render a picture as a data URL: its own URL answers only after the approval."""
    try:
        body = runtime.current().gallery.thumbnails.read(name)
    except ApplicationError as error:
        return render("unreadable", error, prompt)
    return render("picture", data_url(body, media_type(body)), prompt)


def _show_button(
    label: str,
    kind: Literal["primary", "secondary"],
    picture: PendingPicture,
    decision: Decision,
    shortcut: str | None,
) -> None:
    st.button(
        label,
        key=f"{label}_{picture.name}",
        type=kind,
        width="stretch",
        shortcut=shortcut,
        on_click=_decide,
        args=(decision, picture),
    )


def _decide(decision: Decision, picture: PendingPicture) -> None:
    """Apply a decision, as a click's callback; after an error the picture still waits."""
    try:
        access.require("approve")
        decision(picture.job_id)
    except ApplicationError as error:
        st.toast(f"{error} The picture still waits.")


def _decide_all(approvals: Approvals, job_ids: Sequence[str]) -> None:
    """Approve jobs, as a click's callback; after an error the others still wait."""
    approved = 0
    try:
        access.require("approve")
        for job_id in job_ids:
            approvals.approve(job_id)
            approved += 1
    except ApplicationError as error:
        st.toast(f"{error} Still waiting: {pluralize(len(job_ids) - approved, 'request')}.")


def _prompt(job_id: str) -> str:
    context = runtime.current()
    if view := context.journal.find(job_id):
        return view.job.prompt
    prompt = context.gallery.index.prompt(job_id)
    if prompt is None:
        context.gallery.prompts.request([job_id])
    return prompt or PROMPT_NOT_READ


def show_switch(approvals: Approvals) -> None:
    """Show the switch that decides whether new pictures wait for approval."""
    try:
        required = approvals.is_required()
    except ApplicationError as error:
        st.html(pictures.render("alert", error))
        return
    st.session_state.approval_required = required
    st.toggle(
        "Pictures from /join wait for approval",
        key="approval_required",
        on_change=_set_required,
        args=(approvals,),
        help="Applies to new requests of everybody but presenters, in the Studio and the API too, "
        "on every dashboard. Waiting pictures stay in the list.",
    )


def _set_required(approvals: Approvals) -> None:
    try:
        access.require("approve")
        approvals.require(st.session_state.approval_required)
    except ApplicationError as error:
        st.toast(f"{error} Nothing was changed.")
