"""Properties of the viewer's browser."""

from datetime import tzinfo

import streamlit as st

from dashboard.presentation.time_zones import find_zone


def zone() -> tzinfo | None:
    """Return the browser's time zone; None, the server's, if it is unknown."""
    return find_zone(st.context.timezone)
