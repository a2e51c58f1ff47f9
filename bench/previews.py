"""The share of a worker's throughput that previews cost, with MODEL_ID on this device.

The same jobs with and without previews, in turn, on SQLite and a folder: a round of each follows
the other, so that a slow moment of the machine slows both.
"""

import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Round:
    """What some jobs took, from the queue to the store."""

    seconds: float
    processor_seconds: float
    """Of all threads: steadier than the clock while other processes use the machine."""


def main(rounds: int = 8, jobs: int = 24) -> None:
    """Print pictures per second with and without previews, and what previews cost."""
    settings = Settings()
    generators = {
        previews: load(settings.model_id, settings.device, LoadOptions(previews=previews))
        for previews in (False, True)
    }
    for previews, generator in generators.items():
        seconds = _run(generator, settings, jobs=1).seconds
        print(f"first job, {'with' if previews else 'without'} previews: {seconds:.2f} s")
    measured: dict[bool, list[Round]] = {False: [], True: []}
    for number in range(rounds):
        for previews in (True, False) if number % 2 else (False, True):
            measured[previews].append(_run(generators[previews], settings, jobs))
    figures = [
        Figure(name, tuple(jobs / each.seconds for each in measured[previews]), "pictures/s")
        for previews, name in ((False, "without previews"), (True, "with previews"))
    ]
    show(f"{settings.model_id} on {generators[True].model.device}, queue to store", figures)
    print(_describe_cost(measured[False], measured[True]))


def _describe_cost(without: list[Round], with_previews: list[Round]) -> str:
    pairs = list(zip(without, with_previews, strict=True))
    low, median, high = statistics.quantiles([1 - off.seconds / on.seconds for off, on in pairs])
    processor = 1 - sum(off.processor_seconds for off, _ in pairs) / sum(
        on.processor_seconds for _, on in pairs
    )
    return (
        f"previews: {median:.1%} of the throughput, half of the pairs between {low:.1%} and "
        f"{high:.1%}; {processor:.1%} of the processor time; the limit is {_MAX_COST:.0%}"
    )


def _run(generator: Generator, settings: Settings, jobs: int) -> Round:
    """Let a worker generate and store jobs that wait on the queue."""
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
            started, processor_started = time.monotonic(), time.process_time()
            run(WorkerContext(queue, events, store, generator, local, shutdown))
        seconds = max(store.completions.values()) - started
        return Round(seconds, time.process_time() - processor_started)
