"""The sentence that says why there are as many workers as there are."""

from html import escape

import streamlit as st


def show(lead: str, rest: str) -> None:
    """Show the sentence; its first words in bold."""
    st.html(f"<div class='why'><i></i><b>{escape(lead)}:</b> {escape(rest)}</div>")
