"""Clearing: the line of those that wait, or the list of those that are finished."""

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.presentation import formatting


def show() -> None:
    """Show both, each with what it does and a button that does it."""
    allowed = access.allows("clear")
    advice = None if allowed else access.reason("clear")
    with st.popover("Clear", disabled=not allowed, help=advice, key="clear"):
        st.html(
            "<p class='note'>Take back every request that waits. Those that are being painted "
            "go on; nothing that was painted is lost.</p>"
        )
        st.button("Cancel all that wait", key="clear_line", on_click=_cancel_waiting)
        st.html(
            "<p class='note'>Leave finished jobs out of this list, for everybody. Their "
            "pictures and the dead letters stay.</p>"
        )
        st.button("Forget finished jobs", key="clear_finished", on_click=_forget_finished)


def _cancel_waiting() -> None:
    try:
        access.require("clear")
        number = runtime.current().cancel_waiting()
    except ApplicationError as error:
        st.toast(f"{error} What was not cancelled yet goes on.")
    else:
        st.toast(f"{formatting.pluralize(number, 'request')} cancelled.")


def _forget_finished() -> None:
    try:
        access.require("clear")
    except ApplicationError as error:
        st.toast(str(error))
    else:
        number = runtime.current().clear_finished()
        st.toast(f"{formatting.pluralize(number, 'finished job')} left out of the list.")
