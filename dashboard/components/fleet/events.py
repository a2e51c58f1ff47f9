"""The fleet's own log, newest first."""

from datetime import tzinfo
from html import escape

import streamlit as st

from dashboard.components.common import dom_patch, tables
from dashboard.domain.fleet import FleetEvent, FleetReading
from dashboard.domain.snapshot import Reading
from dashboard.presentation import formatting

_SHOWN = 100


def show(fleet: Reading[FleetReading] | None, zone: tzinfo | None) -> None:
    """Show what happened in the fleet."""
    if fleet is None:
        st.html(tables.title("Events") + tables.note("Without a fleet there is no log of it."))
    elif fleet.value is None:
        st.html(
            tables.title("Events") + tables.note(f"Unknown: {formatting.time_ago(fleet.at, zone)}.")
        )
    else:
        dom_patch.show(_log(fleet.value.events, zone), key="fleet_events")


def _log(events: tuple[FleetEvent, ...], zone: tzinfo | None) -> str:
    if not events:
        return tables.title("Events") + tables.note("Nothing happened yet.")
    rows = (_row(event, zone) for event in reversed(events[-_SHOWN:]))
    return (
        tables.title("Events", "newest first")
        + "<div class='scroll' tabindex='0' role='region' aria-label='Events'>"
        + f"<table class='plain pairs events'>{''.join(rows)}</table></div>"
    )


def _row(event: FleetEvent, zone: tzinfo | None) -> str:
    key = escape(f"{event.at} {event.text}")
    at = formatting.clock(event.at, zone)
    return f"<tr data-key='{key}'><th scope='row'>{at}</th><td>{escape(event.text)}</td></tr>"
