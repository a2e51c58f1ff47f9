"""The boxes of the map: nodes, or this machine, with the workers in them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dashboard.domain.fleet import LOCAL, FleetReading, Node, Phase, Worker
from dashboard.domain.gpus import Gpu, mean_utilization
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import node_text
from dashboard.presentation.fleet_map import Fields
from dashboard.presentation.formatting import gibibytes, natural_sort_key, pluralize

MAX_DETAILED_PLACES = 8
_MAX_DETAILED_WORKERS = 8
"""In one box; with more, or more boxes, each worker is a square."""
MAX_PLACES = 40
_MAX_FREE_SLOTS = 16
_MAX_NAME = 12
_MAX_REASON = 48
_LETTERS: dict[Phase, str] = {
    "pending": "p",
    "starting": "s",
    "idle": "i",
    "generating": "g",
    "stopping": "e",
    "failed": "f",
}
"""The phases' letters, as map_boxes.js reads them; one ends while it is stopping."""


@dataclass(frozen=True)
class Place:
    """A node, or where workers are that have none."""

    title: str
    detail: str
    workers: tuple[Worker, ...] = ()
    node: Node | None = None
    is_waiting: bool = False
    """Whether its workers wait for a node."""


def list_places(snapshot: Snapshot) -> list[Place]:
    """Return the boxes in the order of their names; those without a node come last."""
    reading = snapshot.fleet.value if snapshot.fleet else None
    if snapshot.fleet is None:
        return [Place("Connected workers", "", _sorted(snapshot.reported_workers))]
    if reading is None:
        return []
    if reading.scaler and reading.scaler.kind == LOCAL:
        return [_this_machine(reading)]
    nodes = {node.name: Place(node.name, _detail(node), node=node) for node in reading.nodes or ()}
    return list(_with_workers(nodes, reading.workers))


def _this_machine(reading: FleetReading) -> Place:
    node = reading.nodes[0] if reading.nodes else None
    detail = f"{node.product or 'GPU'}, {pluralize(node.slots, 'GPU')}" if node else ""
    place = Place(node.name if node else "This machine", detail, _sorted(reading.workers))
    # Its slots are GPUs, of which each worker uses one.
    return replace(place, node=node)


def _with_workers(nodes: dict[str, Place], workers: Iterable[Worker]) -> Iterator[Place]:
    by_node: dict[str | None, list[Worker]] = {}
    for worker in workers:
        by_node.setdefault(worker.node, []).append(worker)
    names = sorted({*nodes, *(name for name in by_node if name)}, key=natural_sort_key)
    for name in names:
        # The list of nodes may be some seconds older, or unreadable.
        place = nodes.get(name, Place(name, "node not listed"))
        yield replace(place, workers=_sorted(by_node.get(name, ())))
    if waiting := by_node.get(None):
        yield Place("No node yet", _common_reason(waiting), _sorted(waiting), is_waiting=True)


def _sorted(workers: Iterable[Worker]) -> tuple[Worker, ...]:
    return tuple(sorted(workers, key=lambda worker: natural_sort_key(worker.name)))


def _detail(node: Node) -> str:
    state = "" if node.ready else node_text.describe_state(node)
    return ", ".join(filter(None, (node.product, node.capacity_type, state)))


def _common_reason(workers: Sequence[Worker]) -> str:
    [(reason, _)] = Counter(worker.reason for worker in workers).most_common(1)
    return reason[: 2 * _MAX_REASON]


def is_detailed(places: Sequence[Place], most: int) -> bool:
    """Return whether there is room for each worker's name and progress, in ``most`` boxes."""
    fullest = max((len(place.workers) for place in places), default=0)
    return len(places) <= most and fullest <= _MAX_DETAILED_WORKERS


def describe_place(place: Place, snapshot: Snapshot, detailed: bool) -> Fields:
    """Return a box: with a line for each worker, or with a letter for each one's phase."""
    fields: Fields = {"title": place.title, "detail": place.detail, "free": _free(place)}
    if place.node and not place.node.ready:
        fields["unready"] = True
    if place.is_waiting:
        fields["waiting"] = True
    if not detailed:
        return fields | {"phases": "".join(_LETTERS[worker.phase] for worker in place.workers)}
    jobs = {view.job.id: view for view in snapshot.jobs}
    pods = [_pod(worker, jobs.get(worker.job_id or "")) for worker in place.workers]
    return fields | {"pods": pods, "meters": _meters(place, snapshot.gpus)}


def _free(place: Place) -> int:
    """Return the slots without one of these workers; none where nothing can start."""
    if place.node is None or not place.node.ready:
        return 0
    return min(_MAX_FREE_SLOTS, max(0, place.node.slots - len(place.workers)))


def _pod(worker: Worker, view: JobView | None) -> Fields:
    text = worker.reason[:_MAX_REASON]
    fields: Fields = {"name": _short(worker.name), "phase": worker.phase, "text": text}
    if view and view.worker == worker.name and view.step and worker.phase == "generating":
        step = f"step {view.step} of {view.steps}"
        return fields | {"step": view.step, "steps": view.steps, "text": step}
    return fields


def _short(name: str) -> str:
    """Return the part of a worker's name that differs from the others'."""
    name = name.partition("@")[0]
    return name if len(name) <= _MAX_NAME else name.rpartition("-")[2][-_MAX_NAME:]


def _meters(place: Place, gpus: Sequence[Gpu]) -> list[Fields]:
    """Return how busy the GPUs of a place are, and their memory; nothing that is not reported."""
    names = {worker.name for worker in place.workers}
    latest = [gpu for gpu in gpus if gpu.latest and names & set(gpu.workers)]
    busy = mean_utilization(latest)
    meters = [] if busy is None else [_meter("GPU", busy, f"{busy:.0%}")]
    memory = [
        (gpu.latest.memory_used_bytes, gpu.latest.memory_total_bytes)
        for gpu in latest
        if gpu.latest
    ]
    known = [(used, total) for used, total in memory if used is not None and total]
    if known and len(known) == len(memory):
        used, total = (sum(column) for column in zip(*known, strict=True))
        text = f"{gibibytes(used)} of {gibibytes(total)} GiB"
        meters.append(_meter("memory", used / total, text))
    return meters


def _meter(name: str, share: float, text: str) -> Fields:
    return {"name": name, "percent": round(100 * min(1.0, share)), "text": text}
