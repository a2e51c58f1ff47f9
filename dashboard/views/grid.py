"""Prompt grid: the pictures of a prompt matrix, side by side."""

import time

import streamlit as st

from dashboard.components.common import viewer, viewer_snapshot
from dashboard.components.grid import grid, links
from dashboard.components.page import top_bar
from dashboard.components.pictures import dialog

_REFRESH_SECONDS = 1.0

first_id = st.query_params.get(links.FIRST_ID, "")
prompt = st.query_params.get(links.PROMPT, "")


@st.fragment(run_every=_REFRESH_SECONDS)
def show_live() -> None:
    """Render everything that changes, in one run from one snapshot."""
    snapshot = viewer_snapshot.newest()
    top_bar.show("Prompt grid", snapshot, viewer.zone(), time.time())
    clicked = grid.show(first_id, prompt, snapshot)
    if clicked:
        dialog.open_picture(clicked)
        st.rerun()  # a dialog opened here would be closed by the next refresh


show_live()
dialog.show_if_open(viewer.zone())
