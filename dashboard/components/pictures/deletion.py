"""Deleting pictures, after a confirmation."""

from collections.abc import Sequence

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.components.pictures import render
from dashboard.presentation import formatting

_TO_CONFIRM = "deletion"
_DELETED = "deleted"

Names = tuple[str, ...]


def request(names: Sequence[str]) -> None:
    """Open the confirmation for these pictures in the next run."""
    st.session_state[_TO_CONFIRM] = tuple(names)


def show_button(names: Names) -> None:
    """Show a button that opens the confirmation; disabled for a viewer who may not delete."""
    st.button(
        "Delete",
        key="deletion_ask",
        help=refusal(),
        disabled=refusal() is not None,
        on_click=request,
        args=(names,),
    )


def last() -> Names:
    """Return the pictures that this session deleted last."""
    names: Names = st.session_state.get(_DELETED, ())
    return names


def refusal() -> str | None:
    """Return why the viewer may not delete pictures; None if they may."""
    return None if access.allows("delete") else access.reason("delete")


def show_dialog_if_requested() -> None:
    """Show the confirmation for selected pictures in a dialog of its own."""
    names = _to_confirm()
    if names:
        title = f"Delete {formatting.pluralize(len(names), 'picture')}?"
        st.dialog(title, on_dismiss=_close)(_show)(names)


def _show(names: Names) -> None:
    if show_confirmation(names) or not _to_confirm():
        st.rerun()  # closes the dialog


def show_confirmation(names: Names) -> bool:
    """Show the confirmation if it is open; return whether the pictures were deleted."""
    # Emptied in each run: a browser that is informed late keeps what a run no longer shows.
    placeholder = st.empty()
    if _to_confirm() != names:
        return False
    with placeholder.container():
        return _is_confirmed(names) and _delete(names)


def _is_confirmed(names: Names) -> bool:
    pictures = "the picture" if len(names) == 1 else f"these {len(names)} pictures"
    st.html(render("question", f"This deletes {pictures} for everybody. It cannot be undone."))
    with st.container(horizontal=True):
        confirmed = st.button("Delete permanently", type="primary", key="deletion_yes")
        st.button("Keep", key="deletion_no", on_click=_close)
    return confirmed


def _delete(names: Names) -> bool:
    try:
        access.require("delete")
        runtime.current().gallery.delete(names)
    except ApplicationError as error:
        st.html(render("question", f"{error} Pictures that were not deleted are still there."))
        return False
    _close()
    st.session_state[_DELETED] = names
    return True


def _to_confirm() -> Names:
    names: Names = st.session_state.get(_TO_CONFIRM, ())
    return names


def _close() -> None:
    st.session_state.pop(_TO_CONFIRM, None)
