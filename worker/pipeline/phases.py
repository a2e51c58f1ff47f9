"""Measure the phases of a pipeline's call, without waiting for the device in between.

The scheduler marks them: every pipeline sets its timesteps once the prompt is encoded, and decodes
after the last step. On CUDA a mark is an event, which the device records once it gets there.
"""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

import torch

from worker.pipeline.steps import schedulers_of

Mark: TypeAlias = Any
"""A time in seconds, or a torch.cuda.Event; None if the device has neither."""


class Phases:
    """The marks of one call."""

    def __init__(self, device_type: str) -> None:
        self._device_type = device_type
        self._started = self._mark()
        self._denoising: Mark = None
        self._decoding: Mark = None
        self._ended: Mark = None

    @contextmanager
    def watch(self, pipeline: Any) -> Iterator[None]:
        """Mark the phases of the call within this context."""
        with ExitStack() as stack:
            for scheduler in schedulers_of(pipeline):
                stack.enter_context(_after(scheduler, "set_timesteps", self._encoded))
                stack.enter_context(_after(scheduler, "step", self._stepped))
            yield
        self._ended = self._mark()

    def seconds(self) -> dict[str, float]:
        """Return the phases' seconds, by the names of ``Timings``; waits for the device.

        Empty if the call did not mark them, or the device cannot.
        """
        marks = (self._started, self._denoising, self._decoding, self._ended)
        known = [mark for mark in marks if mark is not None]
        if len(known) < len(marks):
            return {}
        names = ("encoding_text", "denoising", "decoding")
        return {
            name: _seconds_between(start, end)
            for name, start, end in zip(names, known, known[1:], strict=False)
        }

    def _encoded(self) -> None:
        self._denoising = self._denoising or self._mark()

    def _stepped(self) -> None:
        self._decoding = self._mark()

    def _mark(self) -> Mark:
        if self._device_type == "cpu":
            return time.perf_counter()
        if self._device_type != "cuda":
            return None  # its work is not finished when the call returns
        event = timed_event()
        event.record()
        return event


def timed_event() -> torch.cuda.Event:
    """Return an event that records when the device gets there."""
    return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]


def _seconds_between(start: Mark, end: Mark) -> float:
    if isinstance(end, float):
        return end - float(start)
    end.synchronize()
    return float(start.elapsed_time(end)) / 1000


@contextmanager
def _after(target: Any, name: str, action: Callable[[], None]) -> Iterator[None]:
    """Call ``action`` after each call of a method."""
    original, replaced = getattr(target, name), vars(target).get(name)

    # Pipelines read the signature, which ``wraps`` keeps.
    @functools.wraps(original)
    def call(*arguments: Any, **keywords: Any) -> Any:
        result = original(*arguments, **keywords)
        action()
        return result

    setattr(target, name, call)
    try:
        yield
    finally:
        delattr(target, name)
        if replaced is not None:
            setattr(target, name, replaced)
