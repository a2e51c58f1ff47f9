"""Fleet: the scaler, the workers, their nodes, and what they cost."""

import time
from datetime import tzinfo

import streamlit as st

from dashboard.components.chaos import line, panel
from dashboard.components.common import scaling_sentence, tables, viewer, viewer_snapshot
from dashboard.components.fleet import (
    cost,
    events,
    explained,
    fleet_map,
    gpus,
    nodes,
    scaler,
    warnings,
    workers,
)
from dashboard.components.jobs import links
from dashboard.components.page import top_bar
from dashboard.components.timeline import live_plot, time_range
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import scaling_reason

_REFRESH_SECONDS = 1.0


def show_live() -> None:
    """Show everything that changes, from one snapshot, so that all cards agree."""
    snapshot = viewer_snapshot.shown(time_range.snapshot())
    zone = viewer.zone()
    with st.container(key="fleet_bar"):
        top_bar.show("Fleet", snapshot, zone, None if time_range.frozen() else time.time())
        scaling_sentence.show(*scaling_reason.explain_snapshot(snapshot, zone))
        warnings.show(snapshot.fleet)
        line.show(snapshot, zone)
    with st.container(key="fleet_chart"):
        live_plot.show(snapshot, time_range.seconds(), zone)
    with st.container(key="fleet_explained"):
        with st.container(border=True, key="card_explained", gap="xsmall"):
            explained.show(snapshot, zone)
        with st.container(border=True, key="card_map", gap="xsmall"):
            fleet_map.show(snapshot, zone)
    if "gpus" in snapshot.lanes:
        with st.container(border=True, key="card_gpus", gap="xsmall"):
            gpus.show(snapshot, zone)
    with st.container(key="fleet_cards"):
        clicked = show_cards(snapshot, zone)
    if clicked:
        links.follow(clicked)


def show_cards(snapshot: Snapshot, zone: tzinfo | None) -> str | None:
    """Show the cards; return the id of a job whose link was clicked."""
    fleet = snapshot.fleet
    with st.container(border=True, key="card_scaler", gap="xsmall"):
        scaler.show(fleet, snapshot.at, zone)
    if fleet and "nodes" in snapshot.lanes:
        with st.container(border=True, key="card_nodes", gap="xsmall"):
            nodes.show(fleet, snapshot.at, zone)
    with st.container(border=True, key="card_workers", gap="xsmall"):
        clicked = workers.show(snapshot, zone)
    with st.container(border=True, key="card_cost", gap="xsmall"):
        cost.show(snapshot, time_range.seconds(), zone)
    with st.container(border=True, key="card_events", gap="xsmall"):
        events.show(fleet, zone)
    return clicked


# fleet.css places the containers in a grid.
with st.container(key="fleet"):
    with st.container(key="fleet_controls"):
        time_range.show()
    st.fragment(run_every=None if time_range.frozen() else _REFRESH_SECONDS)(show_live)()
    if panel.is_enabled():
        with st.container(border=True, key="card_chaos", gap="xsmall"):
            st.html(tables.title("Chaos", "inject a fault, and see that nothing is lost"))
            panel.show("fleet")
