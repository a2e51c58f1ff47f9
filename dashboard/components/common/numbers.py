"""The strip of large numbers, each with its context in grey."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

import streamlit as st

from dashboard.domain.fleet import FleetReading, Node
from dashboard.domain.gpus import mean_utilization, total_power
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.insights import estimates
from dashboard.presentation import formatting, node_text
from dashboard.presentation.templates import render


@dataclass(frozen=True)
class Cell:
    """A number of the strip with its context."""

    hue: str
    """The lane of the chart whose colour it has."""
    label: str
    number: int | None
    """None is shown as ``unknown``."""
    beside: str = ""
    below: str = ""
    tint: bool = False


def show(snapshot: Snapshot, zone: tzinfo | None, everything: bool = False) -> None:
    """Show the numbers that the snapshot's mode has."""
    strip = list(cells(snapshot, zone, everything))
    st.html(render("components/common/numbers.html", cells=strip))


def cells(snapshot: Snapshot, zone: tzinfo | None, everything: bool = False) -> Iterator[Cell]:
    """Return the cells: at most four, or five with ``everything``."""
    yield _waiting(snapshot, zone)
    yield _generating(snapshot, zone)
    if "workers" in snapshot.lanes:
        yield _workers(snapshot.fleet or Reading(), zone)
    if "nodes" in snapshot.lanes:
        yield _nodes(snapshot.fleet or Reading(), zone, _gpus_busy(snapshot) if everything else "")
    elif everything and "gpus" in snapshot.lanes:
        yield _gpus(snapshot, zone)
    if everything or "nodes" not in snapshot.lanes:
        yield _pictures(snapshot, zone)


def _waiting(snapshot: Snapshot, zone: tzinfo | None) -> Cell:
    counts = snapshot.counts
    if counts is None:
        return Cell("requests", "Waiting", None, below=formatting.time_ago(snapshot.queue.at, zone))
    seconds = estimates.seconds_until_queue_empty(snapshot)
    if counts.paused:
        return Cell("requests", "Waiting", counts.waiting, below="queue paused", tint=True)
    if not counts.waiting:
        below = "queue empty"
    elif seconds is None:
        below = "no estimate yet"
    else:
        below = f"queue empty in {formatting.approximate_duration(seconds)}"
    return Cell("requests", "Waiting", counts.waiting, below=below, tint=True)


def _generating(snapshot: Snapshot, zone: tzinfo | None) -> Cell:
    number = snapshot.counts.generating if snapshot.counts else None
    if number is None:
        return Cell(
            "requests", "Generating", None, below=formatting.time_ago(snapshot.queue.at, zone)
        )
    return Cell("requests", "Generating", number, below=_busy(snapshot, number))


def _busy(snapshot: Snapshot, generating: int) -> str:
    fleet = snapshot.fleet.value if snapshot.fleet else None
    if fleet and fleet.ready:
        busy = sum(worker.phase == "generating" for worker in fleet.workers)
        return f"{min(busy, fleet.ready)} of {formatting.pluralize(fleet.ready, 'worker')} busy"
    if generating:
        return "requests on workers"
    waiting = snapshot.counts.waiting if snapshot.counts else 0
    return "no worker has started one" if waiting else "idle"


def _workers(reading: Reading[FleetReading], zone: tzinfo | None) -> Cell:
    fleet = reading.value
    if fleet is None or fleet.ready is None:
        return Cell("workers", "Workers ready", None, below=_unread(reading, zone))
    if fleet.wanted is None:
        return Cell("workers", "Workers ready", fleet.ready, below="the wanted number is unknown")
    if not fleet.wanted and not fleet.ready:
        return Cell("workers", "Workers ready", 0, below="scaled to zero")
    beside = f"of {fleet.wanted} wanted"
    return Cell(
        "workers", "Workers ready", fleet.ready, beside, _starting(fleet, fleet.ready, fleet.wanted)
    )


def _starting(fleet: FleetReading, ready: int, wanted: int) -> str:
    missing = wanted - ready
    maximum = f", at most {fleet.scaler.maximum}" if fleet.scaler else ""
    phases = Counter(worker.phase for worker in fleet.workers)
    if missing > 0 and fleet.refusal:
        return f"refused by the cluster{maximum}"
    if missing > 0 and phases["failed"]:
        return f"{phases['failed']} failed{maximum}"
    if missing > 0 and phases["pending"]:
        return f"{phases['pending']} without a node yet{maximum}"
    if missing > 0:
        return f"{missing} starting{maximum}"
    return f"{-missing} stopping" if missing else f"all ready{maximum}"


def _unread(reading: Reading[FleetReading], zone: tzinfo | None) -> str:
    """Explain a missing number: the whole source was not read, or a part of it."""
    return formatting.time_ago(reading.at, zone) if reading.value is None else "could not be read"


def _nodes(reading: Reading[FleetReading], zone: tzinfo | None, gpus: str) -> Cell:
    """Count the nodes, with ``gpus`` or the slots in use below."""
    nodes = reading.value.nodes if reading.value else None
    if nodes is None:
        return Cell("nodes", "GPU nodes", None, below=_unread(reading, zone))
    ready = [node for node in nodes if node.ready]
    if not nodes:
        return Cell("nodes", "GPU nodes", 0, below="none running, none billed")
    below = [node_text.describe_unready(nodes), gpus or _slots(ready)]
    return Cell(
        "nodes",
        "GPU nodes",
        len(ready),
        beside=f"of {len(nodes)}" if len(ready) < len(nodes) else "ready",
        below=", ".join(filter(None, below)),
    )


def _slots(ready: Sequence[Node]) -> str:
    slots = sum(node.slots for node in ready)
    used = [node.slots_used for node in ready if node.slots_used is not None]
    if len(used) < len(ready):
        return formatting.pluralize(slots, "slot")
    return f"{sum(used)} of {slots} slots used"


def _gpus(snapshot: Snapshot, zone: tzinfo | None) -> Cell:
    gpus = [gpu for gpu in snapshot.gpus if gpu.latest]
    if not snapshot.gpus:
        return Cell("gpus", "GPUs", 0, below="none in use")
    if not gpus:
        newest = max(gpu.at for gpu in snapshot.gpus)
        return Cell("gpus", "GPUs", None, below=formatting.time_ago(newest, zone))
    utilization, watts = mean_utilization(gpus), total_power(gpus)
    power = "power unknown" if watts is None else formatting.power(watts)
    if utilization is None:
        power = f"utilization not reported, {power}"
        return Cell("gpus", _count_gpus(snapshot), None, below=power)
    return Cell("gpus", _count_gpus(snapshot), round(100 * utilization), "% busy", power)


def _gpus_busy(snapshot: Snapshot) -> str:
    """Format how busy the GPUs are; empty while none reports."""
    utilization = mean_utilization(snapshot.gpus)
    return "" if utilization is None else f"{_count_gpus(snapshot)} {utilization:.0%} busy"


def _count_gpus(snapshot: Snapshot) -> str:
    reporting = sum(gpu.latest is not None for gpu in snapshot.gpus)
    gpus = formatting.pluralize(len(snapshot.gpus), "GPU")
    return gpus if reporting == len(snapshot.gpus) else f"{reporting} of {gpus}"


def _pictures(snapshot: Snapshot, zone: tzinfo | None) -> Cell:
    total = snapshot.pictures_stored
    if total is None:
        return Cell(
            "pictures", "Pictures", None, below=formatting.time_ago(snapshot.store.at, zone)
        )
    recent = estimates.pictures_in_last_minute(snapshot)
    below = "" if recent is None else f"{recent} in the last minute"
    return Cell("pictures", "Pictures", total, below=below)
