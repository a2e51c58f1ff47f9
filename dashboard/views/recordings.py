"""Recordings: keep a run, show it again without a cluster, report on it."""

import time

import streamlit as st

from dashboard import runtime
from dashboard.components.common import viewer
from dashboard.components.page import top_bar
from dashboard.components.recordings import listing, recorder, report

TICK = 1.0
"""Seconds between two looks at the newest snapshot."""


@st.fragment(run_every=TICK)
def show_bar() -> None:
    """Draw the title and the health of the sources."""
    top_bar.show("Recordings", runtime.current().sampler.snapshot(), viewer.zone(), time.time())


show_bar()
with st.container(border=True, key="card_recorder"):
    recorder.show()
with st.container(border=True, key="card_report"):
    report.show()
listing.show()
