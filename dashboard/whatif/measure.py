"""Measure a fleet from a run that was read: how long its nodes and workers take.

What a run does not show is assumed: such a quantity has no observations.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Sample
from dashboard.domain.workers import WorkerStart
from dashboard.whatif.durations import seconds_per_picture


@dataclass(frozen=True)
class Quantity:
    """A number, and from how many observations it is the median; 0 if it is assumed."""

    value: float
    observations: int = 0

    @property
    def is_assumed(self) -> bool:
        """Whether nothing was observed."""
        return not self.observations


@dataclass(frozen=True)
class Measurements:
    """What a simulation takes for granted. Durations are seconds."""

    join: Quantity
    """From a worker without a slot until its node takes it."""
    pull: Quantity
    """Longer start of a worker on a node that has just joined."""
    load: Quantity
    """From a slot with the image until a worker receives requests."""
    picture: Quantity
    """To generate and store one picture."""
    idle: Quantity
    """Without a worker, until a node is removed."""
    slots: Quantity
    """Workers for each node."""
    gpus: Quantity
    """GPUs of each node."""
    has_nodes: bool
    """Whether nodes come and go with the workers."""


ASSUMED_JOIN, ASSUMED_PULL, ASSUMED_LOAD = 120.0, 60.0, 20.0
ASSUMED_PICTURE, ASSUMED_IDLE = 4.0, 600.0


def measure(jobs: Iterable[JobView], samples: Sequence[Sample], has_nodes: bool) -> Measurements:
    """Measure a fleet from its jobs and samples."""
    views = list(jobs)
    starts = list(_starts(views))
    waited = [start for start in starts if start.pending_at is not None]
    warm = list(_seconds_to_ready(start for start in starts if start.pending_at is None))
    cold = list(_seconds_to_ready(waited))
    picture = seconds_per_picture(views)
    load = _median(warm) or _median(_seconds_to_load(starts)) or Quantity(ASSUMED_LOAD)
    return Measurements(
        join=_median(_seconds_to_node(waited)) or Quantity(ASSUMED_JOIN),
        pull=_difference(_median(cold), load) or Quantity(ASSUMED_PULL),
        load=load,
        picture=Quantity(*picture) if picture else Quantity(ASSUMED_PICTURE),
        idle=_median(_seconds_idle(samples)) or Quantity(ASSUMED_IDLE),
        slots=_of_nodes(_slots(sample) for sample in samples) or Quantity(1),
        gpus=_of_nodes(_gpus(sample) for sample in samples) or Quantity(1),
        has_nodes=has_nodes,
    )


def _starts(views: Iterable[JobView]) -> Iterator[WorkerStart]:
    """Yield how each worker started, until it received a request that waited for it."""
    first: dict[str, JobView] = {}
    for view in views:
        if view.worker and view.start and view.received_at is not None:
            earlier = first.setdefault(view.worker, view)
            if view.received_at < (earlier.received_at or 0.0):
                first[view.worker] = view
    for view in first.values():
        start, submitted = view.start, view.submitted_at
        if start and start.ready_at and submitted and submitted < start.ready_at:
            yield replace(start, ready_at=view.received_at)
        elif start:
            yield start


def _median(values: Iterable[float]) -> Quantity | None:
    known = list(values)
    return Quantity(median(known), len(known)) if known else None


def _difference(cold: Quantity | None, load: Quantity) -> Quantity | None:
    if cold is None or load.is_assumed:
        return None
    return Quantity(max(0.0, cold.value - load.value), cold.observations)


def _seconds_to_node(starts: Iterable[WorkerStart]) -> Iterator[float]:
    for start in starts:
        if start.pending_at is not None and start.starting_at is not None:
            yield start.starting_at - start.pending_at


def _seconds_to_ready(starts: Iterable[WorkerStart]) -> Iterator[float]:
    for start in starts:
        if start.starting_at is not None and start.ready_at is not None:
            yield start.ready_at - start.starting_at


def _seconds_to_load(starts: Iterable[WorkerStart]) -> Iterator[float]:
    for start in starts:
        if start.loading_at is not None and start.ready_at is not None:
            yield start.ready_at - start.loading_at


def _seconds_idle(samples: Sequence[Sample]) -> Iterator[float]:
    """Yield how long removed nodes were idle: nodes beyond the number of workers."""
    idle_since: list[float] = []
    for before, after in pairwise(samples):
        if before.nodes is None or after.nodes is None or after.workers is None:
            idle_since = []
            continue
        for _ in range(min(before.nodes - after.nodes, len(idle_since))):
            yield after.at - idle_since.pop(0)
        idle = max(0, after.nodes - after.workers)
        del idle_since[idle:]
        idle_since.extend([after.at] * (idle - len(idle_since)))


def _slots(sample: Sample) -> float | None:
    if not sample.nodes or not sample.gpus or not sample.gpus_per_slot:
        return None
    return sample.gpus / sample.gpus_per_slot / sample.nodes


def _gpus(sample: Sample) -> float | None:
    return sample.gpus / sample.nodes if sample.gpus and sample.nodes else None


def _of_nodes(numbers: Iterable[float | None]) -> Quantity | None:
    found = _median(number for number in numbers if number is not None)
    return Quantity(max(1, round(found.value)), found.observations) if found else None
