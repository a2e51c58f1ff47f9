"""Navigation to another page of the app, from any fragment.

``st.switch_page`` does not work from a fragment: requests of the old page's fragments that
arrive after the switch leave the new page blank (Streamlit 1.67).
"""

from typing import NoReturn

import streamlit as st

from dashboard.components.common import custom_component

_ADDRESS = "navigation_address"
_navigation = custom_component.component("common/navigation", "<span hidden></span>")


def begin(address: str) -> NoReturn:
    """Navigate to an address, relative to the page's, and keep the session."""
    st.session_state[_ADDRESS] = address
    st.rerun()


def show_if_begun() -> None:
    """Send a pending navigation to the browser; in a run of the whole page, not of a fragment."""
    address = st.session_state.pop(_ADDRESS, None)
    if address:
        _navigation(data={"to": address}, key=_ADDRESS)
