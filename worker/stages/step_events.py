"""Encode previews and send them with their steps, in a thread beside the denoiser's."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from queue import SimpleQueue

from worker.context import WorkerContext
from worker.generator import Pixels, Previews, StepCallback
from worker.preview_file import encode_preview
from worker.task import BatchItem

log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 0.05
"""Pages show no more, and a fast GPU would send thousands of events."""
_MAX_WAIT_SECONDS = 1.0
"""Encoding takes milliseconds; a device that hangs must not stop the denoiser."""


@dataclass(frozen=True)
class Step:
    """A finished step of a batch."""

    items: list[BatchItem]
    number: int
    previews: Previews | None = None


class StepEvents:
    """Sends the events of steps, in their order.

    A step with previews is sent by a thread of its own, which waits for the device. Steps that
    finish meanwhile are not sent: pages would show none of them for longer than that.
    """

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._steps: SimpleQueue[Step] = SimpleQueue()
        self._idle = threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None

    def callback(self, items: list[BatchItem], beat: Callable[[], None]) -> StepCallback:
        """Return the callback of a batch, which also calls ``beat`` for each step."""
        steps = items[0].parameters.steps or 0
        sent_at = {False: 0.0, True: 0.0}  # without and with previews

        def on_step(step: int, previews: Previews | None = None) -> None:
            beat()
            now, has_previews = time.monotonic(), previews is not None
            is_early = now - sent_at[has_previews] < _INTERVAL_SECONDS and step < steps
            if is_early or not self._idle.is_set():
                return
            sent_at.update({False: now, has_previews: now})
            self._send(Step(items, step, previews))

        return on_step

    def finish(self) -> None:
        """Wait until no step is being sent, so that none is after the end of its picture."""
        self._idle.wait(_MAX_WAIT_SECONDS)

    def _send(self, step: Step) -> None:
        if step.previews is None:
            self._emit(step, {})
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="previews", daemon=True)
            self._thread.start()
        self._idle.clear()
        self._steps.put(step)

    def _run(self) -> None:
        while True:
            step = self._steps.get()
            try:
                self._emit(step, step.previews() if step.previews else {})
            except Exception:
                log.exception("The previews of a step were not sent.")
            finally:
                self._idle.set()

    def _emit(self, step: Step, previews: Mapping[int, Pixels]) -> None:
        files = dict(_one_per_job(step.items, previews))
        for index, item in enumerate(step.items):
            self._context.emit(
                "step",
                item.task.job,
                picture=item.number,
                step=step.number,
                steps=item.parameters.steps or 0,
                preview=files.get(index),
            )


def _one_per_job(
    items: list[BatchItem], previews: Mapping[int, Pixels]
) -> Iterator[tuple[int, bytes | None]]:
    """Yield the file of the first preview of each job, with the index of its picture."""
    firsts = {item.task.job.id: index for index, item in reversed(list(enumerate(items)))}
    for index in firsts.values():
        if index in previews:
            yield index, encode_preview(previews[index])
