"""The latest readings in Prometheus' text format. Unknown values are omitted, never zero."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dashboard.domain.gpus import Gpu, list_gpus
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.insights.waiting_time import quantile, recent_waits

_PREFIX = "stable_diffusion"
_QUANTILES = (0.5, 0.95)


def exposition(snapshot: Snapshot, now: float, dead_letters: int | None = None) -> str:
    """Format a snapshot as metrics, with the ages of its readings at ``now``.

    ``dead_letters`` is their number; None if it is unknown.
    """
    registry = CollectorRegistry()
    registry.register(_Readings(snapshot, now, dead_letters))
    return generate_latest(registry).decode()


class _Readings(Collector):
    def __init__(self, snapshot: Snapshot, now: float, dead_letters: int | None) -> None:
        self._snapshot = snapshot
        self._now = now
        self._dead_letters = dead_letters

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics with known values."""
        for name, text, value in _gauges(self._snapshot):
            if value is not None:
                yield _gauge(name, text, value)
        if self._snapshot.pictures_total is not None:
            yield CounterMetricFamily(
                f"{_PREFIX}_pictures_stored",
                "Pictures stored since the dashboard started.",
                value=self._snapshot.pictures_total,
            )
        if self._dead_letters is not None:
            yield _gauge(
                "dead_letters", "Failed jobs in the dead-letter queue.", self._dead_letters
            )
        if waits := recent_waits(self._snapshot.jobs, self._now):
            yield _waits(waits)
        yield from _fleet(self._snapshot)
        yield from _gpus(list_gpus(self._snapshot.devices, self._now))
        yield _ages(self._snapshot, self._now)


def _gauges(snapshot: Snapshot) -> Iterator[tuple[str, str, float | None]]:
    counts = snapshot.counts
    fleet = snapshot.fleet.value if snapshot.fleet else None
    yield "jobs_waiting", "Jobs waiting for a worker.", counts.waiting if counts else None
    yield (
        "jobs_deferred",
        "Those of the waiting jobs that wait for something else than a worker.",
        counts.deferred if counts else None,
    )
    yield (
        "jobs_in_progress",
        "Jobs that a worker has received.",
        counts.generating if counts else None,
    )
    yield "workers_wanted", "Workers requested by the scaler.", fleet.wanted if fleet else None
    yield "workers_ready", "Workers that receive jobs.", fleet.ready if fleet else None
    yield "pictures_known", "Pictures in the store.", snapshot.store.value


def _waits(waits: Sequence[float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        f"{_PREFIX}_job_wait_seconds",
        "Seconds in the queue of the jobs that workers received in the last ten minutes.",
        labels=["quantile"],
    )
    for share in _QUANTILES:
        family.add_metric([str(share)], quantile(waits, share))
    return family


def _fleet(snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    """Yield metrics of workers, GPU nodes and the scaler."""
    fleet = snapshot.fleet.value if snapshot.fleet else None
    if fleet is None:
        return
    phases = Counter[str](worker.phase for worker in fleet.workers)
    if fleet.ready is not None:
        yield _labelled("workers", "Workers by phase.", "phase", phases)
    if fleet.nodes is not None:
        slots = sum(node.slots for node in fleet.nodes)
        used = [node.slots_used for node in fleet.nodes if node.slots_used is not None]
        yield _gauge("gpu_nodes_ready", "Ready GPU nodes.", sum(node.ready for node in fleet.nodes))
        yield _gauge("gpu_slots", "GPUs, or the parts that they are divided into.", slots)
        if len(used) == len(fleet.nodes):
            yield _gauge("gpu_slots_used", "Slots allocated to workers.", sum(used))
        gpus = [node.gpus for node in fleet.nodes if node.gpus is not None]
        if len(gpus) == len(fleet.nodes):
            yield _gauge("gpus", "GPUs of all GPU nodes, as they are billed.", sum(gpus))
    if fleet.scaler:
        yield _gauge("scaler_minimum", "Minimum number of workers.", fleet.scaler.minimum)
        yield _gauge("scaler_maximum", "Maximum number of workers.", fleet.scaler.maximum)
        yield _gauge("scaler_paused", "1 while the scaler is paused.", fleet.scaler.paused)
        if fleet.scaler.jobs is not None:
            yield _gauge("scaler_jobs", "Jobs counted by the scaler.", fleet.scaler.jobs)


def _gpus(gpus: Iterable[Gpu]) -> Iterator[Metric]:
    """Yield a metric of each measure that at least one GPU reports."""
    families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
    for gpu in gpus:
        for name, text, value in gpu.latest.measures() if gpu.latest else ():
            # The energy is the only one that never decreases.
            family = CounterMetricFamily if name == "energy_joules" else GaugeMetricFamily
            metric = families.setdefault(
                name, family(f"{_PREFIX}_gpu_{name}", text, labels=["gpu", "product"])
            )
            metric.add_metric([gpu.key, gpu.product], value)
    yield from families.values()


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", text, value=value)


def _labelled(name: str, text: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _ages(snapshot: Snapshot, now: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        f"{_PREFIX}_reading_age_seconds",
        "Seconds since the last successful read of each source.",
        labels=["source"],
    )
    sources: dict[str, Reading[Any] | None] = {
        "queue": snapshot.queue,
        "store": snapshot.store,
        "fleet": snapshot.fleet,
    }
    for name, reading in sources.items():
        age = reading.age(now) if reading else None
        if age is not None:
            family.add_metric([name], age)
    return family
