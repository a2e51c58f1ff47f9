"""The GPU nodes, and how many of their GPU slots the workers use."""

from collections.abc import Sequence
from datetime import tzinfo

import streamlit as st

from dashboard.components.common import tables
from dashboard.components.common.tables import Column, Row
from dashboard.components.fleet import render
from dashboard.domain.fleet import FleetReading, Node
from dashboard.domain.snapshot import Reading
from dashboard.presentation import formatting, node_text

_COLUMNS = (
    Column("Node"),
    Column("Product", "opt"),
    Column("GPUs", "opt right"),
    Column("Used by these workers"),
    Column("Kind", "opt"),
    Column("Pool", "opt"),
    Column("State"),
    Column("For", "opt right"),
)
_MAX_BOXES = 8
"""A node with more slots shows only their number."""


def show(fleet: Reading[FleetReading], now: float, zone: tzinfo | None) -> None:
    """Show the nodes, each with the time since its state changed, at ``now`` (Unix seconds)."""
    nodes = fleet.value.nodes if fleet.value else None
    if nodes is None:
        st.html(tables.title("GPU nodes"))
        st.html(tables.note(_unknown_reason(fleet, zone)))
        return
    st.html(tables.title("GPU nodes", summary(nodes)))
    if not nodes:
        st.html(tables.note("No GPU nodes running, none billed."))
        return
    st.html(tables.table(_COLUMNS, (_row(node, now) for node in nodes)))


def _unknown_reason(fleet: Reading[FleetReading], zone: tzinfo | None) -> str:
    if fleet.value:
        return "Unknown: the nodes could not be read."
    return f"Unknown: {formatting.time_ago(fleet.at, zone)}."


def summary(nodes: Sequence[Node]) -> str:
    """Format how many nodes are ready and how many of their slots these workers use.

    Other pods may use the remaining slots, so they are not called free.
    """
    ready = [node for node in nodes if node.ready]
    slots = sum(node.slots for node in ready)
    used = [node.slots_used for node in ready if node.slots_used is not None]
    text = f"{len(ready)} ready"
    if len(ready) < len(nodes):
        text += f" of {len(nodes)} ({node_text.describe_unready(nodes)})"
    if not ready or len(used) < len(ready):
        return text
    return f"{text}, {sum(used)} of {formatting.pluralize(slots, 'slot')} used by these workers"


def _row(node: Node, now: float) -> Row:
    cells = (
        tables.dot("nodes", "full" if node.ready else "half", node.name),
        node.product or tables.unknown(),
        tables.unknown() if node.gpus is None else str(node.gpus),
        _slots(node),
        node.capacity_type or tables.unknown(),
        node.pool or tables.NONE,
        node_text.describe_state(node),
        formatting.duration(now - node.since),
    )
    return Row(node.name, cells)


def _slots(node: Node) -> str:
    used = node.slots_used
    label = f"{formatting.UNKNOWN if used is None else used} of {node.slots}"
    if node.slots > _MAX_BOXES:
        return label
    return render("slots", [_slot_kind(used, slot) for slot in range(node.slots)], label)


def _slot_kind(used: int | None, slot: int) -> str:
    if used is None:
        return "unknown"
    return "used" if slot < used else "other"
