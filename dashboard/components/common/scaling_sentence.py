"""The sentence that says why there are as many workers as there are."""

from html import escape

import streamlit as st

_LONG = 105
"""Letters; what is longer takes two lines on a projector, see present.css."""


def show(lead: str, rest: str) -> None:
    """Show the sentence; its first words in bold."""
    form = "why long" if len(lead) + len(rest) > _LONG else "why"
    st.html(f"<div class='{form}'><i></i><b>{escape(lead)}:</b> {escape(rest)}</div>")
