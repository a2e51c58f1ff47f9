"""One long-running worker, compared with one process per job as in the older sample."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.report import Figure, show, show_ratio
from core.settings import Settings
from tests.support.conditions import wait_until
from wire.backends import open_queue, open_store
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.object_names import metadata_name

_PROMPTS = ("cartoon dwarf", "yellow submarine", "green dog", "red house at night", "cat", "robot")


def main(runs: int = 3) -> None:
    """Generate the same prompts both ways, alternating, and print the ratio."""
    pairs = [(_long_running(), _process_per_job()) for _ in range(runs)]
    long_running, per_job = zip(*pairs, strict=True)
    ours = Figure(f"{len(_PROMPTS)} jobs, one long-running worker", long_running, "s")
    theirs = Figure(f"{len(_PROMPTS)} jobs, one process per job", per_job, "s")
    show("The same prompts and model, including process start", [ours, theirs])
    show_ratio(ours, theirs, "A long-running worker is faster by")


def _long_running() -> float:
    with tempfile.TemporaryDirectory() as folder:
        settings, jobs = _submit_jobs(folder)
        started = time.monotonic()
        worker = _start_worker(settings)
        try:
            wait_until(lambda: all(_is_stored(settings, job) for job in jobs), 300, "all stored")
            return time.monotonic() - started
        finally:
            worker.terminate()
            worker.wait()


def _process_per_job() -> float:
    with tempfile.TemporaryDirectory() as folder:
        settings, jobs = _submit_jobs(folder)
        started = time.monotonic()
        for _ in jobs:
            _start_worker(settings, EXIT_AFTER_ONE_TASK="1").wait()
        return time.monotonic() - started


def _submit_jobs(folder: str) -> tuple[Settings, list[Job]]:
    settings = Settings(_env_file=None, data_dir=Path(folder))
    jobs = [new_job(JobRequest(prompt=prompt, seed=1)) for prompt in _PROMPTS]
    with closing(open_queue(settings)) as queue:
        for job in jobs:
            queue.publish(job)
    return settings, jobs


def _start_worker(settings: Settings, **changes: str) -> subprocess.Popen:
    environment = os.environ | {"DATA_DIR": str(settings.data_dir)} | changes
    return subprocess.Popen(
        [sys.executable, "-m", "worker"], env=environment, stderr=subprocess.DEVNULL
    )


def _is_stored(settings: Settings, job: Job) -> bool:
    return open_store(settings).exists(metadata_name(job.id))
