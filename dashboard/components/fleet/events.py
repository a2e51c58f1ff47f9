"""The events of the fleet, newest first."""

from datetime import tzinfo

import streamlit as st
from markupsafe import Markup

from dashboard.components.common import dom_patch, tables
from dashboard.components.fleet import render
from dashboard.domain.fleet import FleetEvent, FleetReading
from dashboard.domain.snapshot import Reading
from dashboard.presentation import formatting

_MAX_EVENTS = 100


def show(fleet: Reading[FleetReading] | None, zone: tzinfo | None) -> None:
    """Show the newest events of the fleet."""
    if fleet is None:
        st.html(tables.title("Events") + tables.note("No fleet is configured (FLEET=none)."))
    elif fleet.value is None:
        reason = f"Unknown: {formatting.time_ago(fleet.at, zone)}."
        st.html(tables.title("Events") + tables.note(reason))
    else:
        dom_patch.show(_list(fleet.value.events, zone), key="fleet_events")


def _list(events: tuple[FleetEvent, ...], zone: tzinfo | None) -> Markup:
    if not events:
        return tables.title("Events") + tables.note("No events yet.")
    rows = [
        (f"{event.at} {event.text}", formatting.clock(event.at, zone), event.text)
        for event in reversed(events[-_MAX_EVENTS:])
    ]
    table = render("events", rows)
    return tables.title("Events", "newest first") + tables.scrollable("Events", table)
