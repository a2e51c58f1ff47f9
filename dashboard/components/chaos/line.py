"""The line "nothing lost": what became of the jobs since a fault."""

from datetime import tzinfo

import streamlit as st

from dashboard.components.chaos import render
from dashboard.domain.faults import FaultReport
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import fault_text

_SHOWN_SECONDS = 300.0
"""How long after a fault the line is shown, once all jobs are finished."""


def show(snapshot: Snapshot, zone: tzinfo | None) -> None:
    """Show the line for some minutes after a fault, and as long as jobs of that time are open."""
    found = snapshot.fault_report
    if found is None or not _is_shown(found, snapshot):
        return
    kind = "unknown" if found.lost is None else "lost" if found.lost else ""
    st.html(render("line", fault_text.verdict(found), fault_text.count(found, zone), kind))


def _is_shown(found: FaultReport, snapshot: Snapshot) -> bool:
    newest = snapshot.faults.faults[-1]
    return bool(found.open) or snapshot.at - newest.at < _SHOWN_SECONDS
