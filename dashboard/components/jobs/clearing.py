"""The Clear menu: cancel all waiting jobs, or remove finished jobs from the list."""

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.components.common import tables
from dashboard.presentation import formatting
from dashboard.runtime import queue_control

_CANCEL_HELP = (
    "Cancels every waiting request, whoever sent it. Requests in progress continue; stored "
    "pictures are kept."
)
_CLEAR_HELP = (
    "Removes finished jobs from this list, for everybody. "
    "Their pictures and the dead-letter queue are kept."
)


def show() -> None:
    """Show both actions, each with its explanation."""
    allowed = access.allows("clear")
    advice = None if allowed else access.reason("clear")
    with st.popover("Clear", disabled=not allowed, help=advice, key="clear"):
        st.html(tables.note(_CANCEL_HELP))
        st.button("Cancel all waiting", key="cancel_waiting", on_click=_cancel_waiting)
        st.html(tables.note(_CLEAR_HELP))
        st.button("Clear finished", key="clear_finished", on_click=_clear_finished)


def _cancel_waiting() -> None:
    try:
        access.require("clear")
        count = queue_control.cancel_waiting()
    except ApplicationError as error:
        st.toast(f"{error} The requests that were not cancelled yet continue.")
    else:
        st.toast(f"{formatting.pluralize(count, 'request')} cancelled.")


def _clear_finished() -> None:
    try:
        access.require("clear")
    except ApplicationError as error:
        st.toast(str(error))
    else:
        count = runtime.current().clear_finished()
        st.toast(f"{formatting.pluralize(count, 'finished job')} removed from the list.")
