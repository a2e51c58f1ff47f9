"""The whole map of a snapshot."""

from collections.abc import Sequence
from datetime import tzinfo

from dashboard.domain.snapshot import Snapshot
from dashboard.insights.estimates import pictures_in_last_minute
from dashboard.presentation.fleet_map import Fields
from dashboard.presentation.fleet_map.decision import decision
from dashboard.presentation.fleet_map.places import (
    MAX_DETAILED_PLACES,
    MAX_PLACES,
    Place,
    describe_place,
    is_detailed,
    list_places,
)
from dashboard.presentation.fleet_map.requests import describe_queue, describe_requests
from dashboard.presentation.formatting import UNKNOWN, pluralize, time_ago
from dashboard.presentation.scaling_load import read_load


def describe(
    snapshot: Snapshot, zone: tzinfo | None, most_detailed: int = MAX_DETAILED_PLACES
) -> Fields:
    """Return the map; what is unknown is None or has a note.

    Args:
        snapshot: what is drawn.
        zone: the viewer's.
        most_detailed: with more nodes, each worker is a square.

    """
    places = list_places(snapshot)
    shown, rest = places[:MAX_PLACES], places[MAX_PLACES:]
    detailed = is_detailed(places, most_detailed)
    return {
        "decision": _decision(snapshot),
        "queue": describe_queue(snapshot),
        "detailed": detailed,
        "places": [describe_place(place, snapshot, detailed) for place in shown],
        "more": _count(rest) if rest else "",
        "note": _note(snapshot, places, zone),
        "pictures": _pictures(snapshot),
        "summary": _summary(snapshot, places),
        **describe_requests(snapshot, shown),
    }


def _decision(snapshot: Snapshot) -> list[Fields]:
    reading = snapshot.fleet.value if snapshot.fleet else None
    if reading is None or reading.scaler is None:
        return []
    return decision(read_load(reading, reading.scaler, snapshot.counts))


def _note(snapshot: Snapshot, places: Sequence[Place], zone: tzinfo | None) -> str:
    """Return why there are no boxes, or what is missing in them."""
    if snapshot.fleet and snapshot.fleet.value is None:
        return f"Workers and nodes are unknown: {time_ago(snapshot.fleet.at, zone)}."
    reading = snapshot.fleet.value if snapshot.fleet else None
    if reading and reading.nodes is None and "nodes" in snapshot.lanes:
        return "The nodes could not be read."
    if not places:
        return "No nodes and no workers: scaled to zero, nothing is billed."
    return "" if any(place.workers or place.node for place in places) else "No worker is running."


def _pictures(snapshot: Snapshot) -> Fields:
    total = snapshot.pictures_stored
    recent = None if total is None else pictures_in_last_minute(snapshot)
    return {"total": total, "recent": recent}


def _count(places: Sequence[Place]) -> str:
    workers = sum(len(place.workers) for place in places)
    return f"{pluralize(len(places), 'node')} more, {pluralize(workers, 'worker')}"


def _summary(snapshot: Snapshot, places: Sequence[Place]) -> str:
    """Describe the map for screen readers."""
    counts = snapshot.counts
    waiting = UNKNOWN if counts is None else counts.waiting
    taken = UNKNOWN if counts is None or counts.generating is None else counts.generating
    return f"{waiting} requests waiting, {taken} generating; {_nodes(places)}."


def _nodes(places: Sequence[Place]) -> str:
    workers = sum(len(place.workers) for place in places)
    nodes = sum(place.node is not None for place in places)
    on_nodes = f" on {pluralize(nodes, 'node')}" if nodes else ""
    return f"{pluralize(workers, 'worker')}{on_nodes}"
