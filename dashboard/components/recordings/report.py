"""The session report: a download of the live run's figures and pictures."""

import streamlit as st

from dashboard.components.common import tables
from dashboard.components.recordings import render
from dashboard.components.recordings.listing import zone_query
from dashboard.domain.time_units import DAY, HOUR, MINUTE

_RANGES = {"10 min": 10 * MINUTE, "1 h": HOUR, "since the start": DAY}
_DEFAULT_RANGE = "1 h"


def show() -> None:
    """Show the choice of a time range, and the link."""
    st.html(tables.title("Session report", "figures, timeline and pictures in one HTML file"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        selected = st.segmented_control(
            "Of the last",
            list(_RANGES),
            default=_DEFAULT_RANGE,
            key="report_range",
            label_visibility="collapsed",
            required=True,
        )
        seconds = _RANGES[selected or _DEFAULT_RANGE]
        st.html(render("report", f"{seconds:.0f}", zone_query()))
