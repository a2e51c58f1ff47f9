"""Recordings: record a run, replay it without a cluster, download a report."""

import time

import streamlit as st

from dashboard import runtime
from dashboard.components.common import viewer
from dashboard.components.page import top_bar
from dashboard.components.recordings import listing, recorder, report

_REFRESH_SECONDS = 1.0


@st.fragment(run_every=_REFRESH_SECONDS)
def show_bar() -> None:
    """Show the title and the health of the sources."""
    top_bar.show("Recordings", runtime.current().sampler.snapshot(), viewer.zone(), time.time())


show_bar()
with st.container(border=True, key="card_recorder"):
    recorder.show()
with st.container(border=True, key="card_report"):
    report.show()
listing.show()
