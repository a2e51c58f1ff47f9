"""The worker's own command on SQLite and a folder: its speed, its start and its telemetry."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.settings import Settings
from tests.support.conditions import wait_until
from wire.backends import open_queue
from wire.events.sqlite import SqliteEvents
from wire.messages.job import JobRequest, new_job
from wire.messages.telemetry import Telemetry

_COMMAND = [sys.executable, "-m", "worker"]
_TIMEOUT_SECONDS = 150


@dataclass(frozen=True)
class WorkerRun:
    """What one worker did with a number of jobs."""

    pictures_per_second: float
    """After its first quarter, in which batches grow and graphs are compiled."""
    seconds_to_first_picture: float
    """From the start of the process."""
    utilization: float | None
    """Median of the reports while it generated, 0 to 1; None if the device reports none."""
    watts: float | None


def run_worker(model: Path, device: str, jobs: int, steps: int = 1, **settings: str) -> WorkerRun:
    """Publish jobs of one picture, and run `python -m worker` until all are stored."""
    with tempfile.TemporaryDirectory() as folder:
        _publish(Path(folder), jobs, steps)
        environment = _environment(Path(folder), model, device) | settings
        started = time.time()
        stored_at = _run(Path(folder), jobs, environment)
        readings = _telemetry(Path(folder), stored_at[0])
    skipped = jobs // 4
    seconds = stored_at[-1] - stored_at[skipped]
    return WorkerRun(
        pictures_per_second=(jobs - 1 - skipped) / seconds,
        seconds_to_first_picture=stored_at[0] - started,
        utilization=_median([each.utilization_ratio for each in readings]),
        watts=_median([each.power_watts for each in readings]),
    )


def process_per_job(model: Path, device: str, jobs: int) -> float:
    """Return the pictures per second with a new process for each job, as in the older sample."""
    with tempfile.TemporaryDirectory() as folder:
        _publish(Path(folder), jobs, steps=1)
        environment = _environment(Path(folder), model, device) | {"EXIT_AFTER_ONE_TASK": "1"}
        started = time.monotonic()
        for _ in range(jobs):
            subprocess.run(_COMMAND, env=environment, stderr=subprocess.DEVNULL, check=True)
        return jobs / (time.monotonic() - started)


def _publish(folder: Path, jobs: int, steps: int) -> None:
    with closing(open_queue(Settings(_env_file=None, data_dir=folder))) as queue:
        for number in range(jobs):
            prompt = f"cartoon dwarf number {number} in a forest"
            queue.publish(new_job(JobRequest(prompt=prompt, steps=steps)))


def _environment(folder: Path, model: Path, device: str) -> dict[str, str]:
    return os.environ | {"DATA_DIR": str(folder), "MODEL_ID": str(model), "DEVICE": device}


def _run(folder: Path, jobs: int, environment: dict[str, str]) -> list[float]:
    """Return when each picture was stored, in order, in Unix seconds."""
    pictures = folder / "pictures"
    process = subprocess.Popen(_COMMAND, env=environment, stderr=subprocess.PIPE)
    try:
        wait_until(
            lambda: process.poll() is not None or len(list(pictures.glob("*.json"))) >= jobs,
            _TIMEOUT_SECONDS,
            f"{jobs} jobs are stored",
        )
    finally:
        process.terminate()
        _, log = process.communicate()
    stored_at = sorted(file.stat().st_mtime for file in pictures.glob("*.png"))
    if len(stored_at) < jobs:
        raise RuntimeError(f"The worker stored {len(stored_at)} pictures.\n{log.decode()[-2000:]}")
    return stored_at


def _telemetry(folder: Path, since: float) -> list[Telemetry]:
    with closing(SqliteEvents(folder)) as events:
        received = events.receive(timeout=0)
    return [event.telemetry for event in received if event.telemetry and event.at >= since]


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
