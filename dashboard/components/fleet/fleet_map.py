"""The map from the queue to the GPUs, on which requests travel."""

import json
from datetime import tzinfo

import streamlit as st

from dashboard.components.common import custom_component, tables
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.components.fleet import render
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation.fleet_map.payload import describe
from dashboard.presentation.fleet_map.places import MAX_DETAILED_PLACES

_map = custom_component.component("fleet/fleet_map", str(render("map_skeleton")))


def show(snapshot: Snapshot, zone: tzinfo | None) -> None:
    """Show the map of a snapshot with its title."""
    end = "GPU" if "nodes" in snapshot.lanes else "worker"
    st.html(tables.title(f"From queue to {end}", "above: the decision; below: the requests"))
    show_map(snapshot, zone)


def show_map(
    snapshot: Snapshot, zone: tzinfo | None, most_detailed: int = MAX_DETAILED_PLACES
) -> None:
    """Show the map alone; with more than ``most_detailed`` nodes, each worker is a square."""
    _map(data={"map": encode(snapshot, zone, most_detailed)}, key="fleet_map")


@snapshot_cache
def encode(
    snapshot: Snapshot, zone: tzinfo | None, most_detailed: int = MAX_DETAILED_PLACES
) -> str:
    """Return the map as JSON text, which is the same until something changes."""
    fields = describe(snapshot, zone, most_detailed)
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
