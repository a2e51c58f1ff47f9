"""The real command `python -m worker` with a flat-colour generator: it starts without PyTorch."""

import sys
import time

import typer

from tests.support.flat_generator import FlatGenerator
from worker import command
from worker.shutdown import on_signal

_SECONDS_PER_STEP = 0.02


class SlowFlatGenerator(FlatGenerator):
    """Takes a moment for each step, so that signals arrive in the middle of a job."""

    def generate(self, requests, on_step, should_stop):
        """Return flat pictures after reporting each step."""

        def report(step: int) -> None:
            time.sleep(_SECONDS_PER_STEP)
            on_step(step)

        return super().generate(requests, report, should_stop)


if __name__ == "__main__":
    on_signal(sys.exit)
    command._load = lambda *_: SlowFlatGenerator()
    typer.run(command.main)
