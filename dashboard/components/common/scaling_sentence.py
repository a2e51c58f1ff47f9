"""The sentence that explains the number of workers."""

import streamlit as st

from dashboard.presentation.templates import render

_MAX_CHARACTERS_OF_ONE_LINE = 105
"""A longer sentence takes two lines on a projector, see present.css."""


def show(lead: str, rest: str) -> None:
    """Show the sentence; its first words in bold."""
    is_long = len(lead) + len(rest) > _MAX_CHARACTERS_OF_ONE_LINE
    st.html(
        render("components/common/scaling_sentence.html", lead=lead, rest=rest, is_long=is_long)
    )
