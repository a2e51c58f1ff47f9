"""Seconds from publish to stored while a worker is half and nearly fully loaded.

One worker on RabbitMQ and MinIO, with a generator that takes 10 ms a picture. Jobs arrive at
random (a Poisson process), as those of independent people do.
"""

import random
import statistics
import time
from contextlib import closing

from bench.report import Figure, show
from bench.servers import rabbitmq_and_minio
from bench.timed_worker import REQUEST, WARM_UP, pictures_per_second, timed_worker
from core.settings import Settings
from wire.backends import open_queue
from wire.messages.job import new_job

_SECONDS_PER_PICTURE = 0.01
_LOADS = (0.5, 0.9)


def main(jobs: int = 400, runs: int = 3) -> None:
    """Measure the capacity, then the latency at 50 % and at 90 % of it."""
    with rabbitmq_and_minio() as settings:
        capacity = pictures_per_second(settings, _SECONDS_PER_PICTURE, jobs)
        print(f"Capacity: {capacity:.1f} pictures/s")
        for load in _LOADS:
            latencies = [_latencies(settings, load * capacity, jobs) for _ in range(runs)]
            figures = [
                Figure(name, tuple(quantile(each, share) for each in latencies), "ms")
                for name, share in (("p50", 0.5), ("p95", 0.95))
            ]
            show(f"Publish to stored at {load:.0%} of the capacity", figures)


def _latencies(settings: Settings, rate: float, jobs: int) -> list[float]:
    """Return the milliseconds of each measured job, with ``rate`` jobs a second."""
    published: dict[str, float] = {}
    pauses = random.Random(0)
    with (
        timed_worker(settings, _SECONDS_PER_PICTURE, WARM_UP + jobs) as worker,
        closing(open_queue(settings)) as queue,
    ):
        for _ in range(WARM_UP):
            queue.publish(new_job(REQUEST))
        worker.warm.wait()
        for _ in range(jobs):
            job = new_job(REQUEST)
            published[job.id] = time.monotonic()
            queue.publish(job)
            time.sleep(pauses.expovariate(rate))
        completed = worker.completions()
    return [1000 * (completed[each] - at) for each, at in published.items()]


def quantile(values: list[float], share: float) -> float:
    """Return the value that a share of the values lies below."""
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]
