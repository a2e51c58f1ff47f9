"""The share of a generator's own speed that reaches the store, on RabbitMQ and MinIO.

One worker, in a process of its own. The generator sleeps, so that the rest of the worker has the
processors for itself, as beside a GPU.
"""

from bench.report import Figure, show
from bench.servers import rabbitmq_and_minio
from bench.timed_worker import pictures_per_second
from core.settings import Settings


def main(jobs: int = 600, runs: int = 3) -> None:
    """Measure 5 ms a picture, nothing generated, and 10 ms a picture."""
    with rabbitmq_and_minio() as settings:
        rates = {ms: _measure(settings, ms / 1000, jobs, runs) for ms in (5, 0, 10)}
    figures = [Figure(f"{ms} ms a picture", rates[ms], "pictures/s") for ms in rates]
    show("512 x 512 pixels with grain, queue to store, one worker", figures)
    for ms, rate in (("5 ms", figures[0].median / 200), ("10 ms", figures[2].median / 100)):
        print(f"{ms} a picture: {rate:.1%} of the generator's own speed")
    median = figures[2].median
    print(f"overlap: {median:.1f} pictures/s, {median:.1f} %")


def _measure(
    settings: Settings, seconds_per_picture: float, jobs: int, runs: int
) -> tuple[float, ...]:
    return tuple(pictures_per_second(settings, seconds_per_picture, jobs) for _ in range(runs))
