"""The report on what was just seen, as one file."""

import streamlit as st

from dashboard.components.common import tables
from dashboard.components.recordings.listing import zone_query
from dashboard.sampling.history import DAY

_RANGES = {"10 min": 600.0, "1 h": 3600.0, "since the start": DAY}


def show() -> None:
    """Show the choice of a length of time, and the link."""
    st.html(tables.title("Session report", "figures, timeline and pictures in one HTML file"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        chosen = st.segmented_control(
            "Of the last",
            list(_RANGES),
            default="1 h",
            key="report_range",
            label_visibility="collapsed",
            required=True,
        )
        address = f"/report?seconds={_RANGES[chosen or '1 h']:.0f}&{zone_query()}"
        st.html(f"<span class='links'><a href='{address}' download>Download report</a></span>")
