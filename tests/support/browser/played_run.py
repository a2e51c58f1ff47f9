"""A run that a test makes up: readings of a cluster, as a recording that a dashboard plays."""

from collections.abc import Iterable
from pathlib import Path

from dashboard.domain.fleet import FleetReading
from dashboard.domain.inputs import Observation
from dashboard.domain.snapshot import Reading
from dashboard.recordings.format import Header, encode, line_of
from dashboard.recordings.observations import ObservationWriter
from wire.messages.event import Event
from wire.queues.base import QueueDepth

LANES = ("requests", "workers", "nodes", "pictures")


def write(
    path: Path, at: float, fleets: Iterable[Reading[FleetReading]], events: Iterable[Event] = ()
) -> Path:
    """Write a recording in which the fleet is read twice a second from ``at`` on."""
    writer = ObservationWriter()
    header = Header(at=at, name="made up", mode="cluster", lanes=LANES, model="models/demo")
    lines = [header, *(line_of(at, event) for event in events)]
    for number, fleet in enumerate(fleets):
        now = at + number / 2
        look = Observation(
            now, Reading(QueueDepth(3, 2), now), Reading(0, now), Reading(0, now), fleet
        )
        lines.append(writer.write(Observation(**(vars(look) | {"sampled": number % 4 == 0}))))
    path.write_bytes(b"".join(encode(line) for line in lines))
    return path
