"""Start and stop the recording of what everybody sees."""

import time
from html import escape
from pathlib import Path

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.components.common import tables
from dashboard.presentation import formatting
from dashboard.recordings import control
from dashboard.recordings.recorder import Progress

_HOLDS = (
    "A recording holds all readings, the prompts of everybody who submits meanwhile, and a small "
    "copy of each new picture. It holds no password and no address."
)
_NOTHING_RUNS = "Only a replay is shown here; nothing runs that could be recorded."


def show() -> None:
    """Show the form that starts a recording, or the one that runs."""
    drawn = control.progress()
    st.html(tables.title("Record", _HOLDS))
    if drawn is None:
        _show_form()
    _show_progress(drawn and drawn.path)
    if drawn:
        off = not access.allows("record")
        label = "Close" if drawn.error else "Stop"
        st.button(label, key="record_stop", on_click=_stop, disabled=off, help=_reason(off))


@st.fragment(run_every=1.0)
def _show_progress(drawn: Path | None) -> None:
    """Show how far the recording is; draw the page anew if somebody began or ended one."""
    progress = control.progress()
    if drawn != (progress and progress.path):
        st.rerun()
    if progress:
        st.html(line(progress, time.time()))


def _show_form() -> None:
    if runtime.live() is None:
        st.html(tables.note(_NOTHING_RUNS))
        return
    off = not access.allows("record")
    row = {"horizontal": True, "vertical_alignment": "bottom"}
    with st.form("record", border=False), st.container(**row):
        st.text_input("Name", key="record_name", max_chars=control.MAX_NAME, placeholder="A talk")
        st.form_submit_button(
            "Record", type="primary", on_click=_start, disabled=off, help=_reason(off)
        )


def _reason(off: bool) -> str | None:
    return access.reason("record") if off else None


def _start() -> None:
    try:
        access.require("record")
        if running := runtime.live():
            control.start(running, st.session_state.get("record_name") or "A talk")
    except ApplicationError as error:
        st.toast(str(error))


def _stop() -> None:
    try:
        access.require("record")
        control.stop()
    except ApplicationError as error:
        st.toast(str(error))


def line(progress: Progress, now: float) -> str:
    """Write how far a recording is, or why it ended."""
    name = f"<b>{escape(progress.name)}</b>"
    holds = (
        f"{formatting.pluralize(progress.pictures, 'picture')}, {formatting.size(progress.size)}"
    )
    if progress.error:
        return f"<p class='recording ended' role='alert'>{name} {escape(progress.error)}</p>"
    length = formatting.duration(now - progress.started)
    return f"<p class='recording'><i></i>{name} {length}, {holds}</p>"
