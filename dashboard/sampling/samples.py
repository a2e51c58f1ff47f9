"""Samples: the points of the timeline."""

from collections.abc import Iterable

from dashboard.domain.fleet import LOCAL, FleetReading, Node, Worker
from dashboard.domain.gpus import DeviceReading, list_gpus, mean_utilization
from dashboard.domain.queue_counts import QueueCounts
from dashboard.domain.snapshot import Sample


def make_sample(
    at: float,
    counts: QueueCounts | None,
    fleet: FleetReading | None,
    pictures: int | None,
    devices: Iterable[DeviceReading] = (),
) -> Sample:
    """Combine what is known at one time into one sample; unknown numbers are None."""
    return Sample(
        at=at,
        waiting=counts.waiting if counts else None,
        generating=counts.generating if counts else None,
        wanted=fleet.wanted if fleet else None,
        ready=fleet.ready if fleet else None,
        nodes=_ready_nodes(fleet.nodes) if fleet else None,
        pictures=pictures,
        workers=_placed_workers(fleet.workers) if fleet else None,
        gpus=_gpus(_scaled_nodes(fleet)),
        gpus_per_slot=_gpus_per_slot(_scaled_nodes(fleet)),
        maximum=fleet.scaler.maximum if fleet and fleet.scaler else None,
        gpu_busy=_gpu_busy(devices, at),
    )


def _gpu_busy(devices: Iterable[DeviceReading], at: float) -> int | None:
    utilization = mean_utilization(list_gpus(devices, at))
    return None if utilization is None else round(100 * utilization)


def _ready_nodes(nodes: tuple[Node, ...] | None) -> int | None:
    return None if nodes is None else sum(node.ready for node in nodes)


def _placed_workers(workers: tuple[Worker, ...]) -> int:
    return sum(worker.phase not in ("pending", "failed") for worker in workers)


def _scaled_nodes(fleet: FleetReading | None) -> tuple[Node, ...] | None:
    """Return the nodes that are billed while workers need them; None if they are unknown."""
    # The dashboard's own machine is there with and without workers.
    on_this_machine = fleet and fleet.scaler and fleet.scaler.kind == LOCAL
    return None if fleet is None or on_this_machine else fleet.nodes


def _gpus(nodes: tuple[Node, ...] | None) -> int | None:
    """Return the number of GPUs; None unless each node's is known."""
    counts = [None] if nodes is None else [node.gpus for node in nodes]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _gpus_per_slot(nodes: tuple[Node, ...] | None) -> float | None:
    divided = [node for node in nodes or () if node.slots and node.gpus]
    slots = sum(node.slots for node in divided)
    return sum(node.gpus or 0 for node in divided) / slots if slots else None


def with_gpu_lane(lanes: tuple[str, ...]) -> tuple[str, ...]:
    """Add the lane of the GPUs above that of the pictures."""
    above = tuple(lane for lane in lanes if lane not in ("gpus", "pictures"))
    return (*above, "gpus", "pictures")
