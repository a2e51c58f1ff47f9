"""Seconds from the start of a process to its first picture, beside a plain diffusers script."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from bench.report import Figure, show
from core.settings import Settings
from tests.support.conditions import wait_until
from wire.backends import open_queue
from wire.messages.job import JobRequest, new_job

_MODEL = Path("models/demo")
_PROMPT = "cartoon dwarf"

_PLAIN = """
import sys
from diffusers import DiffusionPipeline
pipeline = DiffusionPipeline.from_pretrained(sys.argv[1])
arguments = {"num_inference_steps": int(sys.argv[3]), "guidance_scale": float(sys.argv[4])}
size = {"width": int(sys.argv[5]), "height": int(sys.argv[5])}
pipeline(sys.argv[2], **arguments, **size).images[0].save(sys.argv[6])
"""


def main(runs: int = 5) -> None:
    """Start both in turn, and print the ratio."""
    pairs = [(_worker(), _plain_script()) for _ in range(runs)]
    ours, theirs = zip(*pairs, strict=True)
    figures = [
        Figure("the worker, which finds a job on its queue", ours, "s"),
        Figure("a plain diffusers script", theirs, "s"),
    ]
    show("Process start to first picture, models/demo", figures)
    print(f"cold start: {figures[0].median / figures[1].median:.2f} times the plain script's")


def _worker() -> float:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        with closing(open_queue(settings)) as queue:
            queue.publish(new_job(JobRequest(prompt=_PROMPT, seed=1)))
        environment = {"DATA_DIR": folder, "MODEL_ID": str(_MODEL), "EXIT_AFTER_ONE_TASK": "1"}
        command = [sys.executable, "-m", "worker"]
        return _seconds_until(lambda: any(Path(folder).rglob("*.png")), command, environment)


def _plain_script() -> float:
    values = json.loads((_MODEL / "defaults.json").read_text())
    arguments = [str(values[name]) for name in ("steps", "guidance_scale", "width")]
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        command = [sys.executable, "-c", _PLAIN, str(_MODEL), _PROMPT, *arguments, str(picture)]
        return _seconds_until(picture.exists, command, {})


def _seconds_until(
    is_done: Callable[[], bool], command: Sequence[str], environment: dict[str, str]
) -> float:
    """Start a process, and return the seconds until its picture is there."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(is_done, what="the first picture")
        return time.monotonic() - started
    finally:
        process.wait()
