"""The pictures that wait for the presenter's nod, each with its prompt and two buttons."""

import base64
from html import escape

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.gallery.approvals import Approvals, PendingPicture
from dashboard.gallery.pictures import media_type
from dashboard.presentation.formatting import pluralize

SHOWN = 12
"""The first ones in line; others come as these are decided."""
_COLUMNS = 4

_EMPTY = "Nothing waits. Pictures from /join come here by themselves while approval is on."


def show(approvals: Approvals) -> None:
    """Show the pictures that wait, the first one first."""
    waiting = approvals.pending()
    st.html(f"<div class='section-title'>{pluralize(len(waiting), 'picture')} waiting</div>")
    if not waiting:
        st.html(f"<p class='no-tiles'>{_EMPTY}</p>")
    columns = st.columns(_COLUMNS, gap="small")
    for number, picture in enumerate(waiting[:SHOWN]):
        with columns[number % _COLUMNS].container(border=True, key=f"card_held_{picture.name}"):
            _show_one(approvals, picture)


def _show_one(approvals: Approvals, picture: PendingPicture) -> None:
    prompt = escape(_prompt(picture.job_id))
    st.html(f"{_picture(picture.name, prompt)}<p>{prompt}</p>")
    with st.container(horizontal=True, gap="small"):
        _button("Approve", picture, approvals.approve, type="primary")
        _button("Reject", picture, approvals.reject)


def _picture(name: str, prompt: str) -> str:
    """Write a picture into the page itself: at its address nobody gets it before the nod."""
    try:
        body = runtime.current().gallery.thumbnails.read(name)
    except ApplicationError as error:
        return f"<p class='muted'>{escape(str(error))}</p>"
    encoded = base64.b64encode(body).decode()
    return f"<img class='detail' src='data:{media_type(body)};base64,{encoded}' alt='{prompt}'>"


def _button(label: str, picture: PendingPicture, act, **look) -> None:
    key = f"{label}_{picture.name}"
    st.button(label, key=key, width="stretch", on_click=_decide, args=(act, picture), **look)


def _decide(act, picture: PendingPicture) -> None:
    """Do what a click says; what failed is said, and the picture waits on."""
    try:
        access.require("approve")
        act(picture.job_id)
    except ApplicationError as error:
        st.toast(f"{error} The picture still waits.")


def _prompt(job_id: str) -> str:
    running = runtime.current()
    if view := running.journal.find(job_id):
        return view.job.prompt
    prompt = running.gallery.index.prompt(job_id)
    if prompt is None:
        running.gallery.prompts.request([job_id])
    return prompt or "prompt not read yet"


def show_switch(approvals: Approvals) -> None:
    """Show whether new pictures of visitors have to wait, and let the presenter choose."""
    try:
        required = approvals.is_required()
    except ApplicationError as error:
        st.html(f"<p class='answer' role='alert'>{escape(str(error))}</p>")
        return
    st.session_state.approval_required = required
    st.toggle(
        "Pictures from /join wait for approval",
        key="approval_required",
        on_change=_choose,
        args=(approvals,),
        help="Holds from the next request on, in every dashboard. Those that wait go on waiting.",
    )


def _choose(approvals: Approvals) -> None:
    try:
        access.require("approve")
        approvals.require(st.session_state.approval_required)
    except ApplicationError as error:
        st.toast(f"{error} Nothing was changed.")
