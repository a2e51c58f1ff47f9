"""Jobs: what was asked for, where each job's time went, and what failed for good."""

import time

import streamlit as st

from dashboard import runtime
from dashboard.components.common import viewer
from dashboard.components.jobs import clearing, dead_letters, details, filters, listing
from dashboard.components.page import top_bar

TICK = 1.0
"""Seconds between two looks at the newest snapshot."""


@st.fragment(run_every=TICK)
def show_live() -> None:
    """Draw all that moves, in one run from one snapshot."""
    snapshot = runtime.current().sampler.snapshot()
    zone = viewer.zone()
    with st.container(key="jobs_bar"):
        top_bar.show("Jobs", snapshot, zone, time.time())
    with st.container(border=True, key="card_jobs", gap="small"):
        listing.show(snapshot, zone)
    with st.container(border=True, key="card_letters", gap="small"):
        dead_letters.show({view.job.id: view for view in snapshot.jobs}, zone)


# The containers' places are set by jobs.css.
with st.container(key="jobs_page"):
    with st.container(key="jobs_controls", horizontal=True, horizontal_alignment="distribute"):
        filters.show()
        clearing.show()
    show_live()
details.show_if_asked(viewer.zone())
dead_letters.show_if_asked(viewer.zone())
