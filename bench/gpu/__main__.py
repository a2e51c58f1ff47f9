"""`python -m bench.gpu [FOLDER]`: measure this machine's GPU, and write FOLDER/<gpu>.json.

On a machine without a GPU a tiny model is measured on the processor: a dry run of the same code.
"""

import gc
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from bench.gpu.loops import bare_device, load_pipeline, plain_loop
from bench.gpu.model import SD_TURBO, TINY, Sizes, save_model
from bench.gpu.table import markdown
from bench.gpu.workers import process_per_job, run_worker
from worker.device import product_name

Results = dict[str, Any]

_VAES = {"full": False, "tiny": True}


def main(folder: Path) -> Path:
    """Measure everything, print it as a table, and return the file that was written."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    results = measure(device)
    print(markdown(results))
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", results["gpu"].lower()).strip("-")
    file = folder / f"{name}.json"
    file.write_text(json.dumps(results, indent=2) + "\n")
    return file


def measure(device: str) -> Results:
    """Return all figures; a part that fails is named in ``errors``, and the others follow."""
    sizes, jobs = (TINY, 12) if device == "cpu" else (SD_TURBO, 512)
    results: Results = {"gpu": product_name(device), "torch": torch.__version__, "errors": {}}
    with tempfile.TemporaryDirectory() as folder:
        for vae, is_tiny in _VAES.items():
            model = save_model(Path(folder) / vae, sizes, device, tiny_vae=is_tiny)
            for name, part in _parts(model, sizes, device, jobs):
                _record(results, f"{vae}.{name}", part)
        tiny = Path(folder) / "tiny"
        _record(results, "process_per_job", lambda: process_per_job(tiny, device, 1))
        _record(results, "previews", lambda: _previews(tiny, device, jobs // 4))
    return results


def _parts(
    model: Path, sizes: Sizes, device: str, jobs: int
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the parts that are measured with each VAE, by name."""
    yield from _loops(model, sizes, device, jobs)
    if device == "cuda":  # the worker has the GPU's memory for itself
        gc.collect()
        torch.cuda.empty_cache()
    compiles = str(device == "cuda")
    yield "worker", lambda: asdict(run_worker(model, device, jobs, COMPILE=compiles))


def _loops(
    model: Path, sizes: Sizes, device: str, jobs: int
) -> Iterator[tuple[str, Callable[[], Any]]]:
    pipeline, output = load_pipeline(model, device), model.parent
    yield "plain_batch_1", partial(plain_loop, pipeline, min(jobs, 48), 1, output)
    yield "plain_batch_8", partial(plain_loop, pipeline, min(jobs, 96), 8, output)
    bare = partial(_best_batch, pipeline, sizes, (8, 16, 32) if device == "cuda" else (2,))
    yield "bare", partial(bare, compiled=False)
    if device == "cuda":
        yield "bare_compiled", partial(bare, compiled=True)


def _best_batch(pipeline: Any, sizes: Sizes, batches: tuple[int, ...], *, compiled: bool) -> float:
    return max(bare_device(pipeline, sizes, size, compiled=compiled) for size in batches)


def _previews(model: Path, device: str, jobs: int) -> float:
    """Return the share of the throughput that remains with previews, at four steps."""
    rates = [
        run_worker(model, device, jobs, steps=4, PREVIEWS=value).pictures_per_second
        for value in ("true", "false")
    ]
    return rates[0] / rates[1]


def _record(results: Results, name: str, part: Callable[[], Any]) -> None:
    try:
        results[name] = part()
    except Exception as error:  # noqa: BLE001 device time is scarce: the other parts are measured
        results["errors"][name] = f"{type(error).__name__}: {error}"[:1000]
    print(name, results.get(name, "failed"), flush=True)


if __name__ == "__main__":
    print(main(Path(sys.argv[1] if len(sys.argv) > 1 else "bench/results")))
