"""The settings under which a fleet really ran, and the part of its run to try others on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from dashboard.domain.fleet import LOCAL, Scaler
from dashboard.domain.jobs import FINISHED, JobView
from dashboard.domain.journal import MAX_JOBS
from dashboard.domain.scaling_rules import DEFAULT_SCALE_DOWN, DEFAULT_SCALE_UP
from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.fleet.scaling_rule import ScalingPolicy
from dashboard.whatif.arrivals import Arrivals, from_jobs
from dashboard.whatif.measure import Measurements, measure
from dashboard.whatif.nodes import NodeModel
from dashboard.whatif.setup import SCALED_JOB, FleetModel, ScalerSetup, WorkerModel

_SHORTEST_POLLING_SECONDS = 1.0


@dataclass(frozen=True)
class Trace:
    """A part of a run: what arrived, and the samples of what really happened."""

    arrivals: Arrivals
    samples: tuple[Sample, ...]

    @property
    def start(self) -> float:
        """Unix seconds; 0 if it is made up."""
        return self.arrivals.start or 0.0


def trace_of(snapshot: Snapshot, seconds: float) -> Trace:
    """Return the last seconds of a run, or all of it if it is shorter."""
    first = snapshot.samples[0].at if snapshot.samples else snapshot.at
    start = max(first, snapshot.at - seconds, _all_jobs_known_since(snapshot.jobs))
    samples = tuple(sample for sample in snapshot.samples if sample.at >= start)
    workers = next((sample.wanted for sample in samples if sample.wanted is not None), None)
    return Trace(from_jobs(snapshot.jobs, start, snapshot.at, workers), samples)


def _all_jobs_known_since(jobs: Sequence[JobView]) -> float:
    """Return when the oldest finished job arrived, once older ones have been forgotten."""
    finished = [view.submitted_at for view in jobs if view.state in FINISHED]
    if len(finished) < MAX_JOBS:
        return 0.0
    return min((at for at in finished if at is not None), default=0.0)


def setup_of(scaler: Scaler, max_ready: int | None = None) -> ScalerSetup:
    """Return a scaler's settings; the HPA's defaults where it reports no rules.

    ``max_ready`` is MAX_READY_JOBS, which never limits the few workers of one machine.
    """
    policy = ScalingPolicy(
        minimum=scaler.minimum,
        maximum=scaler.maximum,
        jobs_per_worker=scaler.jobs_per_worker or 1,
        activation=_activation(scaler),
        # A ScaledJob has none; as a ScaledObject it would have KEDA's default.
        cooldown=ScalingPolicy.cooldown if scaler.kind == SCALED_JOB else scaler.cooldown_period,
        up=scaler.scale_up or DEFAULT_SCALE_UP,
        down=scaler.scale_down or DEFAULT_SCALE_DOWN,
    )
    counted = None if scaler.kind == LOCAL else max_ready
    # KEDA takes 0 for polls without a pause; a simulation of them would never end.
    polling = scaler.polling_interval or _SHORTEST_POLLING_SECONDS
    return ScalerSetup(scaler.kind, policy, polling, max_waiting=counted)


def _activation(scaler: Scaler) -> int:
    counting = (each for each in scaler.triggers if each.measure in ("requests", "waiting"))
    return int(next((each.activation for each in counting), 0))


def in_step(setup: ScalerSetup, samples: Sequence[Sample], arrivals: Arrivals) -> ScalerSetup:
    """Return the setup with polls and syncs at the times at which they really happened.

    Beside an HPA, KEDA only leaves zero, at a poll; the HPA changes other numbers, at a sync.
    Requests that are made up have no such times: the first one waits for half of each period.
    """
    start = arrivals.start or 0.0
    polls: list[_Change] = []
    syncs: list[_Change] = []
    for before, after in pairwise(samples):
        if before.wanted is not None and after.wanted and before.wanted != after.wanted:
            is_sync = before.wanted and setup.has_autoscaler
            (syncs if is_sync else polls).append(
                _Change.between(before.at - start, after.at - start)
            )
    found = replace(setup, sync=min([setup.sync, *_shorter_syncs(syncs, setup.sync)]))
    if arrivals.start is None:
        return _half_a_period_after(found, float(arrivals.at[0]) if len(arrivals) else 0.0)
    return replace(
        found,
        first_poll=polls[0].at % found.polling if polls else found.first_poll,
        first_sync=syncs[0].at % found.sync if syncs else found.first_sync,
    )


def _half_a_period_after(setup: ScalerSetup, at: float) -> ScalerSetup:
    poll = at + setup.polling / 2
    return replace(
        setup,
        first_poll=poll % setup.polling,
        first_sync=(poll + setup.sync / 2) % setup.sync,
    )


class _Change(NamedTuple):
    """When the wanted workers changed, in seconds, and how far off that may be."""

    at: float
    off: float

    @classmethod
    def between(cls, before: float, after: float) -> "_Change":
        """Return the change between two readings."""
        return cls((before + after) / 2, (after - before) / 2)


def _shorter_syncs(syncs: Sequence[_Change], known: float) -> Iterator[float]:
    """Yield the seconds between changes that are surely closer than a known period.

    The HPA changes the number at most once a sync.
    """
    for first, second in pairwise(syncs):
        seconds = second.at - first.at
        if seconds + first.off + second.off < known:
            yield max(1.0, round(seconds))


def measured(snapshot: Snapshot) -> Measurements:
    """Measure the fleet in all that is known of a run."""
    fleet = snapshot.fleet.value if snapshot.fleet else None
    is_local = bool(fleet and fleet.scaler and fleet.scaler.kind == LOCAL)
    return measure(snapshot.jobs, snapshot.samples, "nodes" in snapshot.lanes and not is_local)


def model_of(measurements: Measurements) -> FleetModel:
    """Return the model with the measured durations."""
    workers = WorkerModel(measurements.load.value, measurements.picture.value)
    if not measurements.has_nodes:
        return FleetModel(workers, None)
    nodes = NodeModel(
        join=measurements.join.value,
        pull=measurements.pull.value,
        idle=measurements.idle.value,
        slots=int(measurements.slots.value),
        gpus=int(measurements.gpus.value),
    )
    return FleetModel(workers, nodes)


def last_finished(snapshot: Snapshot, start: float) -> float | None:
    """Return the seconds from a start until the last request was done; None if none was."""
    done = [view.finished_at for view in snapshot.jobs if view.state == "done" and view.finished_at]
    return max(done) - start if done else None


def waiting_seconds(snapshot: Snapshot, start: float) -> Sequence[float]:
    """Return how long the requests since a start waited until a worker took them."""
    return [
        view.received_at - view.submitted_at
        for view in snapshot.jobs
        if view.received_at is not None
        and view.submitted_at is not None
        and view.submitted_at >= start
    ]
