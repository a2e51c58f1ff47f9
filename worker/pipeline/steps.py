"""Report the progress of a pipeline's call, and interrupt it.

The scheduler's ``step`` is replaced during the call: every pipeline calls it, whereas several
ignore ``callback_on_step_end`` or do not take it.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from diffusers import SchedulerMixin

from worker.generator import Interrupted


@contextmanager
def watch_steps(
    pipeline: Any,
    calls: int,
    steps: int,
    on_step: Callable[[int, torch.Tensor], None],
    should_stop: Callable[[], bool],
) -> Iterator[None]:
    """Call ``on_step`` as ``calls`` of the pipeline advance from 0 to ``steps`` together.

    It receives the number of finished steps and the latents after them.

    Raises Interrupted after a step, if ``should_stop`` returns true. Pipelines with a prior have
    a scheduler for each of their two parts: both can be interrupted, and the steps of the second
    are reported.
    """
    advance = _progress(pipeline, calls, steps, on_step)

    def stop(_latents: torch.Tensor) -> None:
        if should_stop():
            raise Interrupted

    with ExitStack() as stack:
        for scheduler in schedulers_of(pipeline):
            actions = (advance, stop) if scheduler is pipeline.scheduler else (stop,)
            stack.enter_context(_after_each_step(scheduler, actions))
        yield


def schedulers_of(pipeline: Any) -> list[Any]:
    """Return the schedulers of a pipeline, each once."""
    components = pipeline.components.values()
    return list(
        {id(each): each for each in components if isinstance(each, SchedulerMixin)}.values()
    )


def _progress(
    pipeline: Any, calls: int, steps: int, on_step: Callable[[int, torch.Tensor], None]
) -> Callable[[torch.Tensor], None]:
    done = reported = 0

    def advance(latents: torch.Tensor) -> None:
        nonlocal done, reported
        done += 1
        # Fewer than the steps with an initial picture, more with a scheduler of second order.
        total = getattr(pipeline, "_num_timesteps", None) or len(pipeline.scheduler.timesteps)
        finished = min(done * steps // (calls * total), steps)
        if finished > reported:
            reported = finished
            on_step(finished, latents)

    return advance


@contextmanager
def _after_each_step(
    scheduler: Any, actions: tuple[Callable[[torch.Tensor], None], ...]
) -> Iterator[None]:
    original = scheduler.step

    # Pipelines read the signature of ``step``, which ``wraps`` keeps.
    @functools.wraps(original)
    def step(*arguments: Any, **keywords: Any) -> Any:
        result = original(*arguments, **keywords)
        for action in actions:
            action(result[0])
        return result

    scheduler.step = step
    try:
        yield
    finally:
        del scheduler.step
