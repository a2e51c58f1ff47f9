"""The workers' pictures per second on a CPU, against the bare pipeline in its best form.

The bundled model, SQLite and a folder, each worker in a process of its own. The bare pipeline is a
loop of diffusers in another process, with the numbers, memory format, threads and batch size that
the worker chose, and neither queue nor PNG files. It is measured with threads that sleep while they
wait, as the worker's do, and with threads that spin, OpenMP's default: faster alone, and many times
slower beside another process. `make demo` starts several workers, so as many as there are
processors are measured together, too.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any, TypeAlias

from bench.processes import begin, finish
from bench.report import Figure, show
from bench.timed_worker import CompletionStore
from core.settings import Settings
from wire.backends import open_events, open_queue, open_store
from wire.messages.job import JobRequest, new_job
from worker.context import WorkerContext
from worker.shutdown import ShutdownSignal

_MODEL = "models/demo"
_PROMPT = "red house at night"
_WARM_UP = 15
"""Pictures that are not measured: the batches of 1, 2, 4 and 8 by which the worker grows."""
_BATCH = 8

_Measure: TypeAlias = "Callable[[int, SimpleQueue[float]], None]"


def main(pictures: int = 80, runs: int = 3) -> None:
    """Measure all in turn, and print the ratios to the bare pipeline with sleeping threads."""
    processors = os.cpu_count() or 1
    measured = {
        "the bare pipeline, threads that sleep": lambda: _rate(_bare, pictures),
        "the bare pipeline, threads that spin": lambda: _rate(_bare, pictures, waiting="ACTIVE"),
        "queue to stored PNG, one worker": lambda: _rate(_worker, pictures),
        f"the same, {processors} workers": lambda: _rate(_worker, pictures, processors),
    }
    rounds = [[measure() for measure in measured.values()] for _ in range(runs)]
    figures = [
        Figure(name, values, "pictures/s")
        for name, values in zip(measured, zip(*rounds, strict=True), strict=True)
    ]
    show(f"{_MODEL}, {processors} processors, load {os.getloadavg()[0]:.1f}", figures)
    bare, _, one, several = (figure.median for figure in figures)
    print(f"cpu: {one:.2f} pictures/s, {one / bare:.1%} of the bare pipeline")
    print(f"cpu: {several:.2f} pictures/s with {processors} workers, {several / bare:.1%}")


def _rate(measure: _Measure, pictures: int, processes: int = 1, waiting: str = "PASSIVE") -> float:
    """Return the sum of what ``measure`` puts into its queue in processes that run at once."""
    result: SimpleQueue[float] = multiprocessing.get_context("spawn").SimpleQueue()
    os.environ["OMP_WAIT_POLICY"] = waiting
    started = [begin(measure, pictures, result) for _ in range(processes)]
    for process in started:
        finish(process)
    return sum(result.get() for _ in started)


def _bare(pictures: int, result: "SimpleQueue[float]") -> None:
    import torch

    from worker.pipeline.load import load

    loaded = load(_MODEL, "cpu")
    pipeline, steps = loaded._pipeline, int(loaded.model.capabilities.defaults["steps"])

    def generate(count: int, first_seed: int) -> None:
        seeds = range(first_seed, first_seed + count)
        with torch.inference_mode():
            _call(pipeline, steps, [torch.Generator().manual_seed(seed) for seed in seeds])

    generate(_BATCH, 0)
    started = time.monotonic()
    for first_seed in range(0, pictures, _BATCH):
        generate(_BATCH, first_seed)
    result.put(pictures / (time.monotonic() - started))


def _call(pipeline: Any, steps: int, generators: list[Any]) -> None:
    prompts = [_PROMPT] * len(generators)
    output = pipeline(
        prompts,
        num_inference_steps=steps,
        guidance_scale=1.0,
        generator=generators,
        output_type="pt",
    )
    (output.images * 255).round().byte().numpy()


def _worker(pictures: int, result: "SimpleQueue[float]") -> None:
    from worker.pipeline.load import load
    from worker.stages.run import run

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        shutdown = ShutdownSignal(settings.grace_period)
        count = pictures + _WARM_UP
        store = CompletionStore(open_store(settings), {count: shutdown.request})
        generator = load(_MODEL, "cpu")
        with closing(open_queue(settings)) as queue, closing(open_events(settings)) as events:
            for seed in range(count):
                queue.publish(new_job(JobRequest(prompt=_PROMPT, seed=seed)))
            run(WorkerContext(queue, events, store, generator, settings, shutdown))
    completed_at = list(store.completions.values())
    result.put(pictures / (completed_at[-1] - completed_at[_WARM_UP - 1]))
