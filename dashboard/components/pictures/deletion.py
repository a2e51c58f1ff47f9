"""Deleting pictures, which asks first: nobody gets them back."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.presentation import formatting

_ASKED = "deletion"
_DONE = "deleted"

Names = tuple[str, ...]


def ask_for(names: Sequence[str]) -> None:
    """Ask whether these pictures shall be deleted, where the question is shown next."""
    st.session_state[_ASKED] = tuple(names)


def show_button(names: Names) -> None:
    """Show a button that asks; to who may not delete, it says why not."""
    st.button(
        "Delete",
        key="deletion_ask",
        help=refusal(),
        disabled=refusal() is not None,
        on_click=ask_for,
        args=(names,),
    )


def last() -> Names:
    """Return what this session deleted last."""
    return st.session_state.get(_DONE, ())


def refusal() -> str | None:
    """Say why the viewer may not delete pictures; None for who may."""
    return None if access.allows("delete") else access.reason("delete")


def show_dialog_if_asked() -> None:
    """Ask in a dialog of its own, for pictures that were selected."""
    names = st.session_state.get(_ASKED, ())
    if names:
        title = f"Delete {formatting.pluralize(len(names), 'picture')}?"
        st.dialog(title, on_dismiss=_forget)(_show)(names)


def _show(names: Names) -> None:
    if show_question(names) or not st.session_state.get(_ASKED):
        st.rerun()  # closes the dialog


def show_question(names: Names) -> bool:
    """Ask, if somebody wants these deleted; tells whether they were deleted in this run."""
    # Empty again in each run: a browser that is told late keeps what a run no longer draws.
    place = st.empty()
    if st.session_state.get(_ASKED, ()) != names:
        return False
    with place.container():
        return _ask(names) and _delete(names)


def _ask(names: Names) -> bool:
    what = "This picture is" if len(names) == 1 else f"These {len(names)} pictures are"
    st.html(f"<p class='question'>{what} deleted for everybody, and cannot be brought back.</p>")
    with st.container(horizontal=True):
        sure = st.button("Delete for good", type="primary", key="deletion_yes")
        st.button("Keep", key="deletion_no", on_click=_forget)
    return sure


def _delete(names: Names) -> bool:
    try:
        access.require("delete")
        runtime.current().gallery.delete(names)
    except ApplicationError as error:
        st.html(
            f"<p class='question'>{escape(str(error))} What was not deleted is still there.</p>"
        )
        return False
    _forget()
    st.session_state[_DONE] = names
    return True


def _forget() -> None:
    st.session_state.pop(_ASKED, None)
