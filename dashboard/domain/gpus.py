"""GPUs, folded from the workers' telemetry."""

from collections.abc import Iterable
from dataclasses import dataclass

from wire.messages.telemetry import Telemetry

STALE_AFTER_SECONDS = 10.0
"""Five missed readings. The clocks of workers and dashboard may differ by less."""
GONE_AFTER_SECONDS = 300.0
"""A device without a reading for so long is no longer listed."""


@dataclass(frozen=True)
class DeviceReading:
    """The newest telemetry of a worker's device."""

    worker: str
    at: float
    """Unix seconds, by the worker's clock."""
    telemetry: Telemetry


@dataclass(frozen=True)
class Gpu:
    """A GPU, which several workers may share."""

    uuid: str | None
    product: str
    workers: tuple[str, ...]
    at: float
    """Unix seconds of its newest reading."""
    latest: Telemetry | None
    """None if the newest reading is too old to describe the present."""

    @property
    def key(self) -> str:
        """Return what identifies it: of a GPU without a UUID, the worker that reported it."""
        return self.uuid or self.workers[0]


def current(reading: DeviceReading, now: float) -> Telemetry | None:
    """Return the telemetry of a reading; None if it is stale at ``now`` (Unix seconds)."""
    return reading.telemetry if abs(now - reading.at) <= STALE_AFTER_SECONDS else None


def list_gpus(readings: Iterable[DeviceReading], now: float) -> tuple[Gpu, ...]:
    """Return each GPU once, by product and name of its first worker."""
    by_key: dict[str, list[DeviceReading]] = {}
    for reading in readings:
        if reading.telemetry.is_gpu and now - reading.at <= GONE_AFTER_SECONDS:
            key = reading.telemetry.gpu_uuid or reading.worker
            by_key.setdefault(key, []).append(reading)
    gpus = (_gpu(shared, now) for shared in by_key.values())
    return tuple(sorted(gpus, key=lambda gpu: (gpu.product, gpu.workers)))


def _gpu(readings: list[DeviceReading], now: float) -> Gpu:
    newest = max(readings, key=lambda reading: reading.at)
    workers = tuple(sorted(reading.worker for reading in readings))
    telemetry = newest.telemetry
    return Gpu(telemetry.gpu_uuid, telemetry.device, workers, newest.at, current(newest, now))


def mean_utilization(gpus: Iterable[Gpu]) -> float | None:
    """Return the mean utilization of the GPUs that report it, from 0 to 1; None if none does."""
    known = [
        gpu.latest.utilization_ratio
        for gpu in gpus
        if gpu.latest and gpu.latest.utilization_ratio is not None
    ]
    return sum(known) / len(known) if known else None


def total_power(gpus: Iterable[Gpu]) -> float | None:
    """Return the watts that all GPUs draw together; None unless each reports them."""
    watts = [gpu.latest.power_watts if gpu.latest else None for gpu in gpus]
    known = [value for value in watts if value is not None]
    return sum(known) if known and len(known) == len(watts) else None
