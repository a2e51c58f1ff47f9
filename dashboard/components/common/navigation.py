"""To another page of the app, from whatever part of a page runs.

``st.switch_page`` would not do: what the old page's parts ask for until the browser hears of the
switch is answered after it, and leaves the page blank (Streamlit 1.67).
"""

from typing import NoReturn

import streamlit as st

from dashboard.components.common import custom_component

_TO = "journey"
_journey = custom_component.component("common/navigation", "<span hidden></span>")


def begin(to: str) -> NoReturn:
    """Lead the browser to an address, relative to that of the page, with the session kept."""
    st.session_state[_TO] = to
    st.rerun()


def show_if_begun() -> None:
    """Send the browser on its way; in a run of the whole page, so that no tick takes it back."""
    to = st.session_state.pop(_TO, None)
    if to:
        _journey(data={"to": to}, key=_TO)
