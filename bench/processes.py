"""Processes whose memory and processor time are measured apart from this one's."""

import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess


def begin(function: Callable[..., object], *arguments: object) -> SpawnProcess:
    """Call a function in a new process."""
    process = get_context("spawn").Process(target=function, args=arguments)
    process.start()
    return process


def finish(process: SpawnProcess) -> None:
    """Wait for the process' end; end this one if it failed, since its figures would be wrong."""
    process.join()
    if process.exitcode:
        sys.exit(f"A process of the benchmark failed with exit code {process.exitcode}; see above.")
