"""Write recordings of cluster readings, for dashboards that replay them in tests."""

from collections.abc import Iterable
from pathlib import Path

from dashboard.domain.fleet import FleetReading
from dashboard.domain.inputs import Observation
from dashboard.domain.snapshot import Reading
from dashboard.recordings.format import Header, encode, to_line
from dashboard.recordings.observations import ObservationWriter
from wire.messages.event import Event
from wire.queues.base import QueueDepth

LANES = ("requests", "workers", "nodes", "pictures")


def write(
    path: Path, at: float, fleets: Iterable[Reading[FleetReading]], events: Iterable[Event] = ()
) -> Path:
    """Write a recording in which the fleet is read twice a second from ``at`` on."""
    writer = ObservationWriter()
    header = Header(at=at, name="a test", mode="cluster", lanes=LANES, model="models/demo")
    lines = [header, *(to_line(at, event) for event in events)]
    for number, fleet in enumerate(fleets):
        now = at + number / 2
        observation = Observation(
            at=now,
            queue=Reading(QueueDepth(3, 2), now),
            store=Reading(0, now),
            events=Reading(0, now),
            fleet=fleet,
            sampled=number % 4 == 0,
        )
        lines.append(writer.write(observation))
    path.write_bytes(b"".join(encode(line) for line in lines))
    return path
