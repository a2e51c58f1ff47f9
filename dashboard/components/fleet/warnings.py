"""Warnings: parts of the fleet that could not be read."""

import streamlit as st

from dashboard.components.fleet import render
from dashboard.domain.fleet import FleetReading
from dashboard.domain.snapshot import Reading


def show(fleet: Reading[FleetReading] | None) -> None:
    """Show the warnings of a reading, if it has any."""
    if fleet and fleet.value and fleet.value.warnings:
        st.html(render("warnings", fleet.value.warnings))
