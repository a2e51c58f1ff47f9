"""Prometheus metrics of a worker."""

from collections.abc import Iterator

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wire.messages.telemetry import Telemetry

JOBS = Counter("worker_jobs", "Jobs that left this worker", ["result"])
"""``result``: done, failed, returned or cancelled."""
PICTURES = Counter("worker_pictures", "Pictures stored")
GENERATION_SECONDS = Histogram(
    "worker_painting_seconds",
    "Seconds of one call of the pipeline",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 180),
)
PHASE_SECONDS = Counter(
    "worker_phase_seconds", "Seconds of the phases of the pipeline's calls", ["phase"]
)
"""``phase``: encoding_text, denoising, decoding or copying, as far as the device measures them."""
STORING_SECONDS = Histogram("worker_storing_seconds", "Seconds to encode and store one picture")
MODEL_LOADED = Gauge("worker_model_loaded", "1 once the model is loaded")
IDLE_SECONDS = Counter(
    "worker_idle_seconds",
    "Seconds that the threads of a stage waited",
    ["stage", "reason"],
)
"""``reason``: starved (no item to work on) or blocked (no space in the next stage)."""
UNAVAILABLE = Counter(
    "worker_unavailable", "Attempts that failed since the backend was unavailable", ["backend"]
)
"""``backend``: store or queue. Each is tried again; the job waits and is kept."""
for _backend in ("store", "queue"):
    UNAVAILABLE.labels(_backend)
for _result in ("done", "failed", "returned", "cancelled"):
    JOBS.labels(_result)
BATCH_LIMIT = Gauge("worker_batch_limit", "Largest batch so far that fits, in pictures", ["size"])


class DeviceMetrics(Collector):
    """The newest telemetry of the GPU; unknown values are omitted.

    Of the processor, prometheus_client reports the process's own ``process_*``.
    """

    latest: Telemetry | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield a metric for each known value."""
        telemetry = self.latest
        if telemetry is None or not telemetry.is_gpu:
            return
        for name, text, value in telemetry.measures():
            # The energy is the only one that never decreases.
            family = CounterMetricFamily if name == "energy_joules" else GaugeMetricFamily
            metric = family(f"worker_gpu_{name}", text, labels=["gpu", "product"])
            metric.add_metric([telemetry.gpu_uuid or "", telemetry.device], value)
            yield metric


DEVICE = DeviceMetrics()
REGISTRY.register(DEVICE)
