"""One worker that stays against one process per job, the older sample's way."""

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
from wire.messages.picture import metadata_name

_PROMPTS = ("cartoon dwarf", "yellow submarine", "green dog", "red house at night", "cat", "robot")


def main(runs: int = 3) -> None:
    """Paint the same prompts both ways, in turn, and print the ratio."""
    pairs = [(_one_that_stays(), _one_for_each()) for _ in range(runs)]
    stays, each = zip(*pairs, strict=True)
    ours = Figure(f"{len(_PROMPTS)} jobs, one worker that stays", stays, "s")
    theirs = Figure(f"{len(_PROMPTS)} jobs, one process per job", each, "s")
    show("The same prompts and model, start of the processes included", [ours, theirs])
    show_ratio(ours, theirs, "A worker that stays is faster by")


def _one_that_stays() -> float:
    with tempfile.TemporaryDirectory() as folder:
        settings, jobs = _prepared(folder)
        begun = time.monotonic()
        worker = _worker(settings)
        try:
            wait_until(lambda: all(_is_stored(settings, job) for job in jobs), 300, "all stored")
            return time.monotonic() - begun
        finally:
            worker.terminate()
            worker.wait()


def _one_for_each() -> float:
    with tempfile.TemporaryDirectory() as folder:
        settings, jobs = _prepared(folder)
        begun = time.monotonic()
        for _ in jobs:
            _worker(settings, EXIT_AFTER_ONE_TASK="1").wait()
        return time.monotonic() - begun


def _prepared(folder: str) -> tuple[Settings, list[Job]]:
    settings = Settings(_env_file=None, data_dir=Path(folder))
    jobs = [new_job(JobRequest(prompt=prompt, seed=1)) for prompt in _PROMPTS]
    with closing(open_queue(settings)) as queue:
        for job in jobs:
            queue.publish(job)
    return settings, jobs


def _worker(settings: Settings, **changes: str) -> subprocess.Popen:
    environment = os.environ | {"DATA_DIR": str(settings.data_dir)} | changes
    return subprocess.Popen(
        [sys.executable, "-m", "worker"], env=environment, stderr=subprocess.DEVNULL
    )


def _is_stored(settings: Settings, job: Job) -> bool:
    return open_store(settings).exists(metadata_name(job.id))
