"""Start and stop a recording of the run, and show its progress."""

import time
from pathlib import Path

import streamlit as st
from markupsafe import Markup

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.components.common import tables
from dashboard.components.recordings import render
from dashboard.presentation import formatting
from dashboard.recordings import control
from dashboard.recordings.recorder import Progress

_CONTENTS = (
    "A recording contains all readings, the prompts of everybody who submits meanwhile, and a "
    "small copy of each new picture. It contains no passwords and no addresses."
)
_ONLY_REPLAY = "Nothing to record: this dashboard only shows a replay."
_DEFAULT_NAME = "A talk"
_REFRESH_SECONDS = 1.0


def show() -> None:
    """Show the form that starts a recording, or the progress of the current one."""
    progress = control.progress()
    st.html(tables.title("Record", _CONTENTS))
    if progress is None:
        _show_form()
    _show_progress(progress.path if progress else None)
    if progress:
        st.button(
            "Close" if progress.error else "Stop",
            key="record_stop",
            on_click=_stop,
            disabled=not access.allows("record"),
            help=_refusal(),
        )


@st.fragment(run_every=_REFRESH_SECONDS)
def _show_progress(shown: Path | None) -> None:
    """Show the progress; rerun the page if a recording was started or stopped elsewhere."""
    progress = control.progress()
    if shown != (progress.path if progress else None):
        st.rerun()
    if progress:
        st.html(line(progress, time.time()))


def _show_form() -> None:
    if runtime.live() is None:
        st.html(tables.note(_ONLY_REPLAY))
        return
    with (
        st.form("record", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Name", key="record_name", max_chars=control.MAX_NAME, placeholder=_DEFAULT_NAME
        )
        st.form_submit_button(
            "Record",
            type="primary",
            on_click=_start,
            disabled=not access.allows("record"),
            help=_refusal(),
        )


def _refusal() -> str | None:
    return None if access.allows("record") else access.reason("record")


def _start() -> None:
    try:
        access.require("record")
        if context := runtime.live():
            control.start(context, st.session_state.get("record_name") or _DEFAULT_NAME)
    except ApplicationError as error:
        st.toast(str(error))


def _stop() -> None:
    try:
        access.require("record")
        control.stop()
    except ApplicationError as error:
        st.toast(str(error))


def line(progress: Progress, now: float) -> Markup:
    """Render the progress of a recording, or why it ended."""
    if progress.error:
        return render("ended", progress.name, progress.error)
    length = formatting.duration(now - progress.started)
    pictures = formatting.pluralize(progress.pictures, "picture")
    return render(
        "progress", progress.name, f"{length}, {pictures}, {formatting.size(progress.size)}"
    )
