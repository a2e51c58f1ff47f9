"""GPU nodes: what they are, and how much of them is used."""

from collections.abc import Sequence
from datetime import tzinfo
from html import escape

import streamlit as st

from dashboard.components.common import tables
from dashboard.components.common.tables import Column, Row
from dashboard.domain.fleet import FleetReading, Node
from dashboard.domain.snapshot import Reading
from dashboard.presentation import formatting

_COLUMNS = (
    Column("Node"),
    Column("Product", "opt"),
    Column("Used by these workers"),
    Column("Kind", "opt"),
    Column("Pool", "opt"),
    Column("State"),
    Column("For", "opt right"),
)
_DRAWN = 8
"""Slots of one node that are drawn; more are told as a number."""


def show(fleet: Reading[FleetReading], now: float, zone: tzinfo | None) -> None:
    """Show the nodes, and for how long each is as it is at ``now``, Unix seconds."""
    nodes = fleet.value.nodes if fleet.value else None
    if nodes is None:
        st.html(tables.title("GPU nodes"))
        st.html(tables.note(_why_unknown(fleet, zone)))
        return
    st.html(tables.title("GPU nodes", summary(nodes)))
    if not nodes:
        st.html(tables.note("No GPU node is there, and none is billed."))
        return
    st.html(tables.table(_COLUMNS, (_row(node, now) for node in nodes)))


def _why_unknown(fleet: Reading[FleetReading], zone: tzinfo | None) -> str:
    if fleet.value:
        return "Unknown: the nodes could not be read."
    return f"Unknown: {formatting.time_ago(fleet.at, zone)}."


def summary(nodes: Sequence[Node]) -> str:
    """Say how many nodes are ready and how much of them is used.

    By these workers: who else holds the rest is not known, so nothing is called free.
    """
    ready = [node for node in nodes if node.ready]
    slots = sum(node.slots for node in ready)
    used = [node.slots_used for node in ready]
    said = f"{len(ready)} ready"
    if len(ready) < len(nodes):
        said += f" of {len(nodes)}"
    if None in used or not ready:
        return said
    return f"{said}, {sum(used)} of {formatting.pluralize(slots, 'slot')} used by these workers"


def _row(node: Node, now: float) -> Row:
    state = "ready" if node.ready else "not ready"
    form = "full" if node.ready else "half"
    cells = (
        tables.dot("nodes", form, node.name),
        escape(node.product) if node.product else tables.unknown(),
        _slots(node),
        {True: "spot", False: "on demand", None: tables.unknown()}[node.spot],
        escape(node.pool) if node.pool else tables.NONE,
        state,
        formatting.duration(now - node.since),
    )
    return Row(node.name, cells)


def _slots(node: Node) -> str:
    used = node.slots_used
    number = f"{formatting.UNKNOWN} of {node.slots}" if used is None else f"{used} of {node.slots}"
    if node.slots > _DRAWN:
        return number
    boxes = "".join(f"<i class='{_form(used, slot)}'></i>" for slot in range(node.slots))
    return f"<span class='slots'>{boxes}</span>{number}"


def _form(used: int | None, slot: int) -> str:
    if used is None:
        return "unknown"
    return "used" if slot < used else "other"
