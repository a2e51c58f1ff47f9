"""Prometheus metrics of a worker."""

from prometheus_client import Counter, Gauge, Histogram

JOBS = Counter("worker_jobs", "Jobs that left this worker", ["result"])
"""``result``: done, failed, returned or cancelled."""
PICTURES = Counter("worker_pictures", "Pictures stored")
GENERATION_SECONDS = Histogram(
    "worker_painting_seconds",
    "Seconds of one call of the pipeline",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 180),
)
STORING_SECONDS = Histogram("worker_storing_seconds", "Seconds to encode and store one picture")
MODEL_LOADED = Gauge("worker_model_loaded", "1 once the model is loaded")
IDLE_SECONDS = Counter(
    "worker_idle_seconds",
    "Seconds that the threads of a stage waited",
    ["stage", "reason"],
)
"""``reason``: starved (no item to work on) or blocked (no space in the next stage)."""
BATCH_LIMIT = Gauge(
    "worker_batch_limit", "Pictures per batch, once a larger batch ran out of memory", ["size"]
)
