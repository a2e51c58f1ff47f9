"""Approve: the presenter looks at visitors' pictures before everybody does."""

import time
from html import escape

import streamlit as st

from dashboard import access, runtime
from dashboard.components.common import viewer
from dashboard.components.page import top_bar
from dashboard.components.present import approval_list

TICK = 1.0
"""Seconds between two looks at what waits."""


@st.fragment(run_every=TICK)
def show_bar() -> None:
    """Draw the title and the health of the sources."""
    top_bar.show("Approve", runtime.current().sampler.snapshot(), viewer.zone(), time.time())


@st.fragment(run_every=TICK)
def show_waiting() -> None:
    """Draw what waits."""
    if approvals := runtime.current().approvals:
        approval_list.show(approvals)


show_bar()
if not access.allows("approve"):
    st.html(f"<p class='answer' role='alert'>{escape(access.reason('approve'))}</p>")
elif runtime.current().approvals is None:
    st.html("<p class='no-tiles'>This is a replay: nothing waits for approval.</p>")
else:
    approval_list.show_switch(runtime.current().approvals)
    show_waiting()
