"""One point of the timeline, from what the sources said at one moment."""

from dashboard.domain.fleet import LOCAL, FleetReading, Node, Worker
from dashboard.domain.snapshot import Sample
from wire.queues.base import QueueDepth


def sample_of(
    at: float, depth: QueueDepth | None, fleet: FleetReading | None, pictures: int | None
) -> Sample:
    """Put what is known at one moment into one point; what is not known stays None."""
    return Sample(
        at=at,
        waiting=depth.ready if depth else None,
        generating=depth.unacknowledged if depth else None,
        wanted=fleet.wanted if fleet else None,
        ready=fleet.ready if fleet else None,
        nodes=_ready_nodes(fleet.nodes) if fleet else None,
        pictures=pictures,
        workers=_running(fleet.workers) if fleet else None,
        gpus=_gpus(fleet) if fleet else None,
        maximum=fleet.scaler.maximum if fleet and fleet.scaler else None,
    )


def _ready_nodes(nodes: tuple[Node, ...] | None) -> int | None:
    return None if nodes is None else sum(node.ready for node in nodes)


def _running(workers: tuple[Worker, ...]) -> int:
    return sum(worker.phase not in ("pending", "failed") for worker in workers)


def _gpus(fleet: FleetReading) -> int | None:
    # The machine that the dashboard runs on is there with and without workers.
    on_this_machine = fleet.scaler is not None and fleet.scaler.kind == LOCAL
    if fleet.nodes is None or on_this_machine:
        return None
    return sum(node.slots for node in fleet.nodes)
