"""The numbers strip: one big number per idea, its context beside it in grey."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from html import escape

import streamlit as st

from dashboard.domain.fleet import FleetReading
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.insights import estimates
from dashboard.presentation import formatting


@dataclass(frozen=True)
class Cell:
    """One number of the strip."""

    hue: str
    """The lane whose colour it wears."""
    label: str
    number: int | None
    """None is shown as the word ``unknown``."""
    beside: str = ""
    below: str = ""
    tint: bool = False


def show(snapshot: Snapshot, zone: tzinfo | None, always_pictures: bool = False) -> None:
    """Show the numbers that this mode knows; the pictures always, or only for want of nodes."""
    strip = list(cells(snapshot, zone, always_pictures))
    inner = "".join(_html(cell) for cell in strip)
    st.html(f"<div class='numbers' data-cells='{len(strip)}'>{inner}</div>")


def cells(snapshot: Snapshot, zone: tzinfo | None, always_pictures: bool = False) -> Iterator[Cell]:
    """Choose the numbers, and what is said of each."""
    yield _waiting(snapshot, zone)
    yield _painting(snapshot, zone)
    if "workers" in snapshot.lanes:
        yield _workers(snapshot.fleet or Reading(), zone)
    if "nodes" in snapshot.lanes:
        yield _nodes(snapshot.fleet or Reading(), zone)
    if always_pictures or "nodes" not in snapshot.lanes:
        yield _pictures(snapshot, zone)


def _waiting(snapshot: Snapshot, zone: tzinfo | None) -> Cell:
    counts = snapshot.counts
    if counts is None:
        return Cell("requests", "Waiting", None, below=formatting.time_ago(snapshot.queue.at, zone))
    seconds = estimates.seconds_until_queue_empty(snapshot)
    if not counts.waiting:
        below = "nobody in line"
    elif seconds is None:
        below = "no estimate yet"
    else:
        below = f"the last one in {formatting.approximate_duration(seconds)}"
    return Cell("requests", "Waiting", counts.waiting, below=below, tint=True)


def _painting(snapshot: Snapshot, zone: tzinfo | None) -> Cell:
    number = snapshot.counts.generating if snapshot.counts else None
    if number is None:
        return Cell(
            "requests", "Painting", None, below=formatting.time_ago(snapshot.queue.at, zone)
        )
    return Cell("requests", "Painting", number, below=_busy(snapshot, number))


def _busy(snapshot: Snapshot, generating: int) -> str:
    fleet = snapshot.fleet.value if snapshot.fleet else None
    if fleet and fleet.ready:
        busy = sum(worker.phase == "generating" for worker in fleet.workers)
        return f"{min(busy, fleet.ready)} of {formatting.pluralize(fleet.ready, 'worker')} busy"
    if generating:
        return "requests with a worker"
    waiting = snapshot.counts.waiting if snapshot.counts else 0
    return "no worker has one yet" if waiting else "nothing to do"


def _workers(reading: Reading[FleetReading], zone: tzinfo | None) -> Cell:
    fleet = reading.value
    if fleet is None or fleet.ready is None:
        return Cell("workers", "Workers ready", None, below=_unread(reading, zone))
    if fleet.wanted is None:
        return Cell("workers", "Workers ready", fleet.ready, below="how many are wanted is unknown")
    if not fleet.wanted and not fleet.ready:
        return Cell("workers", "Workers ready", 0, below="scaled to zero")
    beside = f"of {fleet.wanted} wanted"
    return Cell("workers", "Workers ready", fleet.ready, beside, _starting(fleet, fleet.wanted))


def _starting(fleet: FleetReading, wanted: int) -> str:
    missing = wanted - fleet.ready
    at_most = f", at most {fleet.scaler.maximum}" if fleet.scaler else ""
    placeless = sum(worker.phase == "pending" for worker in fleet.workers)
    if missing > 0 and placeless:
        return f"{placeless} without a node yet{at_most}"
    if missing > 0:
        return f"{missing} starting{at_most}"
    return f"{-missing} stopping" if missing else f"all ready{at_most}"


def _unread(reading: Reading[FleetReading], zone: tzinfo | None) -> str:
    """Say what is wrong where a number is missing: all of the source, or a part of it."""
    return formatting.time_ago(reading.at, zone) if reading.value is None else "could not be read"


def _nodes(reading: Reading[FleetReading], zone: tzinfo | None) -> Cell:
    nodes = reading.value.nodes if reading.value else None
    if nodes is None:
        return Cell("nodes", "GPU nodes", None, below=_unread(reading, zone))
    ready = [node for node in nodes if node.ready]
    if not nodes:
        return Cell("nodes", "GPU nodes", 0, below="none running, none billed")
    slots = sum(node.slots for node in ready)
    used = [node.slots_used for node in ready]
    known = None not in used
    return Cell(
        "nodes",
        "GPU nodes",
        len(ready),
        beside=f"of {len(nodes)} joining" if len(ready) < len(nodes) else "ready",
        below=f"{sum(used)} of {slots} slots used"
        if known
        else formatting.pluralize(slots, "slot"),
    )


def _pictures(snapshot: Snapshot, zone: tzinfo | None) -> Cell:
    total = snapshot.pictures_total
    if total is None:
        return Cell(
            "pictures", "Pictures", None, below=formatting.time_ago(snapshot.store.at, zone)
        )
    lately = estimates.pictures_in_last_minute(snapshot)
    return Cell("pictures", "Pictures", total, below=f"{lately} in the last minute")


def _html(cell: Cell) -> str:
    number = f"<em>{formatting.UNKNOWN}</em>" if cell.number is None else f"{cell.number} "
    beside = f"<em>{escape(cell.beside)}</em>" if cell.beside else ""
    form = "tint" if cell.tint or cell.number is None else ""
    return (
        f"<div style='--hue: var(--{cell.hue})'>"
        f"<span><i class='{form}'></i>{escape(cell.label)}</span>"
        f"<b>{number}{beside}</b><span>{escape(cell.below)}</span></div>"
    )
