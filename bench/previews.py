"""The share of a worker's throughput that previews cost, with MODEL_ID on this device.

The same jobs with and without previews, in turn, on SQLite and a folder: a round of each follows
the other, so that a slow moment of the machine slows both.
"""

import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.report import Figure, show
from bench.timed_worker import CompletionStore
from core.settings import Settings
from wire.backends import open_events, open_queue, open_store
from wire.messages.job import JobRequest, new_job
from worker.context import WorkerContext
from worker.generator import Generator
from worker.pipeline.load import load
from worker.pipeline.read import LoadOptions
from worker.shutdown import ShutdownSignal
from worker.stages.run import run

_MAX_COST = 0.05
_PROMPTS = ("cartoon dwarf", "yellow submarine", "green dog", "red house at night")


def main(rounds: int = 8, jobs: int = 24) -> None:
    """Print pictures per second with and without previews, and their share of the throughput."""
    settings = Settings()
    generators = {
        previews: load(settings.model_id, settings.device, LoadOptions(previews=previews))
        for previews in (False, True)
    }
    for previews, generator in generators.items():
        seconds = _seconds(generator, settings, jobs=1)
        print(f"first job, {'with' if previews else 'without'} previews: {seconds:.2f} s")
    rates: dict[bool, list[float]] = {False: [], True: []}
    for number in range(rounds):
        for previews in (True, False) if number % 2 else (False, True):
            rates[previews].append(jobs / _seconds(generators[previews], settings, jobs))
    figures = [
        Figure("without previews", tuple(rates[False]), "pictures/s"),
        Figure("with previews", tuple(rates[True]), "pictures/s"),
    ]
    show(f"{settings.model_id} on {generators[True].model.device}, queue to store", figures)
    ratios = [on / off for off, on in zip(rates[False], rates[True], strict=True)]
    cost = 1 - statistics.median(ratios)
    print(f"previews: {cost:.1%} of the throughput; the limit is {_MAX_COST:.0%}")


def _seconds(generator: Generator, settings: Settings, jobs: int) -> float:
    """Return the seconds in which a worker generates and stores jobs that wait on the queue."""
    with tempfile.TemporaryDirectory() as folder:
        local = settings.model_copy(
            update={"data_dir": Path(folder), "rabbitmq_url": None, "minio_endpoint": None}
        )
        shutdown = ShutdownSignal(local.grace_period)
        store = CompletionStore(open_store(local), {jobs: shutdown.request})
        with closing(open_queue(local)) as queue, closing(open_events(local)) as events:
            for number in range(jobs):
                prompt = _PROMPTS[number % len(_PROMPTS)]
                queue.publish(new_job(JobRequest(prompt=prompt, count=1, seed=number)))
            started = time.monotonic()
            run(WorkerContext(queue, events, store, generator, local, shutdown))
        return max(store.completions.values()) - started
