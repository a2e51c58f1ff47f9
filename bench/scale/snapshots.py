"""The snapshot from which pages are drawn, of many workers and jobs: twice a second, or more."""

import time

from bench.report import Figure, show
from bench.scale import SIZES
from bench.scale.usage import measured
from dashboard.domain.fleet import FleetReading, Worker
from dashboard.domain.inputs import Observation
from dashboard.domain.journal import Journal
from dashboard.domain.snapshot import Reading
from dashboard.gallery.index import GalleryIndex
from dashboard.sampling.sampler import Sampler
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.queues.base import QueueDepth

_RUNS = 10


def main() -> None:
    """Measure a snapshot at each size, with a job in progress on each worker."""
    for size in SIZES:
        sampler = _sampler(size)
        runs = []
        for _ in range(_RUNS):
            with measured() as usage:
                sampler.refresh()
            runs.append(1000 * usage.cpu_seconds)
        show(f"{size:,} workers", [Figure("a snapshot", tuple(runs), "ms")])


def _sampler(workers: int) -> Sampler:
    journal, now = Journal(worker_timeout=900.0), time.time()
    for number in range(workers):
        job = new_job(JobRequest(prompt="yellow submarine"))
        own = {"worker": f"worker-{number:05}", "at": now, "job_id": job.id}
        journal.record(Event(kind="received", job=job, **own))
        journal.record(Event(kind="step", step=1, steps=8, picture=0, **own))
    fleet = tuple(
        Worker(f"worker-{number:05}", "generating", "step 1 of 8", now, f"gpu-{number // 10}")
        for number in range(workers)
    )
    reading = FleetReading(
        scaler=None, wanted=workers, ready=workers, workers=fleet, nodes=(), events=()
    )
    observation = Observation(
        at=now,
        queue=Reading(QueueDepth(ready=0, unacknowledged=workers), now),
        store=Reading(0, now),
        events=Reading(0, now),
        fleet=Reading(reading, now - 1),
    )
    lanes = ("requests", "workers", "nodes", "pictures")
    return Sampler(lambda: observation, journal, GalleryIndex(now), "cluster", lanes)
