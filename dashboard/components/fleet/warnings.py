"""What could not be read of the fleet: a sentence each."""

from html import escape

import streamlit as st

from dashboard.domain.fleet import FleetReading
from dashboard.domain.snapshot import Reading


def show(fleet: Reading[FleetReading] | None) -> None:
    """Show the sentences, if there are any."""
    troubles = fleet.value.warnings if fleet and fleet.value else ()
    lines = "".join(f"<li>{escape(sentence)}</li>" for sentence in troubles)
    if lines:
        st.html(f"<ul class='troubles'>{lines}</ul>")
