"""The number of pictures that wait for approval, beside Approve in the navigation."""

import streamlit as st

from dashboard import access, runtime
from dashboard.presentation.formatting import pluralize
from dashboard.presentation.templates import render

_REFRESH_SECONDS = 2.0


def is_listed() -> bool:
    """Return whether the navigation has an entry for approvals."""
    approvals = runtime.current().approvals
    if approvals is None or not access.allows("approve"):
        return False
    # Where everybody is a presenter, the entry appears once something waits.
    return not access.policy().open_to_all or bool(approvals.pending())


def show() -> None:
    """Show the number, kept up to date, if the navigation has the entry."""
    if is_listed():
        st.fragment(run_every=_REFRESH_SECONDS)(_show)()


def _show() -> None:
    approvals = runtime.current().approvals
    waiting = len(approvals.pending()) if approvals else 0
    label = f"{pluralize(waiting, 'picture')} waiting for approval"
    st.html(render("components/page/approval_badge.html", waiting=waiting, label=label))
