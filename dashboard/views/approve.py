"""Approve: the presenter decides which pictures are shown."""

import time

import streamlit as st

from dashboard import access, runtime
from dashboard.components import pictures
from dashboard.components.common import viewer
from dashboard.components.page import top_bar
from dashboard.components.present import approval_list

_REFRESH_SECONDS = 1.0


@st.fragment(run_every=_REFRESH_SECONDS)
def show_bar() -> None:
    """Show the title and the health of the sources."""
    top_bar.show("Approve", runtime.current().sampler.snapshot(), viewer.zone(), time.time())


@st.fragment(run_every=_REFRESH_SECONDS)
def show_waiting() -> None:
    """Show the pictures that wait for approval."""
    if approvals := runtime.current().approvals:
        approval_list.show(approvals)


show_bar()
approvals = runtime.current().approvals
if not access.allows("approve"):
    st.html(pictures.render("alert", access.reason("approve")))
elif approvals is None:
    st.html(pictures.render("notice", "This is a replay: no pictures wait for approval."))
else:
    approval_list.show_switch(approvals)
    show_waiting()
