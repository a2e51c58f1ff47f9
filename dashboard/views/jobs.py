"""Jobs page: the list of jobs with their time breakdowns, and the dead-letter queue."""

import time

import streamlit as st

from dashboard.components.common import viewer, viewer_snapshot
from dashboard.components.jobs import clearing, dead_letters, details, filters, listing, pausing
from dashboard.components.page import top_bar

_REFRESH_SECONDS = 1.0


@st.fragment(run_every=_REFRESH_SECONDS)
def show_live() -> None:
    """Render everything that changes, in one run from one snapshot."""
    snapshot = viewer_snapshot.newest()
    zone = viewer.zone()
    with st.container(key="jobs_bar"):
        top_bar.show("Jobs", snapshot, zone, time.time())
    with st.container(border=True, key="card_jobs", gap="small"):
        listing.show(snapshot, zone)
    with st.container(border=True, key="card_letters", gap="small"):
        dead_letters.show({view.job.id: view for view in snapshot.jobs}, zone)


# jobs.css lays out the containers.
with st.container(key="jobs_page"):
    with st.container(key="jobs_controls", horizontal=True, horizontal_alignment="distribute"):
        filters.show()
        with st.container(key="queue_controls", horizontal=True, width="content"):
            pausing.show()
            clearing.show()
    show_live()
details.show_if_open(viewer.zone())
dead_letters.show_dialog_if_open(viewer.zone())
