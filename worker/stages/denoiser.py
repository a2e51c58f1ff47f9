"""The stage that calls the generator, the only one that uses the device."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from core.errors import GenerationFailed, MessageError
from worker import metrics
from worker.context import WorkerContext
from worker.energy import EnergyMeter
from worker.generator import (
    DeviceLost,
    GeneratedPicture,
    Interrupted,
    OutOfMemory,
)
from worker.health import Pulse
from worker.stages.batcher import Batcher
from worker.stages.batching import BatchLimits
from worker.stages.ledger import JobLedger
from worker.stages.step_events import StepEvents
from worker.task import BatchItem

log = logging.getLogger(__name__)

SHUTTING_DOWN = "The worker is shutting down; another worker continues."


@dataclass(frozen=True)
class Picture:
    """A generated picture on its way to the store."""

    item: BatchItem
    generated: GeneratedPicture
    durations: dict[str, float]
    """Seconds so far, by the names of ``Timings``."""
    generated_at: float = field(default_factory=time.monotonic)
    body: bytes = b""
    """The PNG file, once it is encoded."""


class Denoiser:
    """Generates batches, and separates what fails in a batch from the rest."""

    def __init__(
        self,
        context: WorkerContext,
        ledger: JobLedger,
        batcher: Batcher,
        limits: BatchLimits,
        on_device_lost: Callable[[], None],
        pulse: Pulse,
    ) -> None:
        self._on_device_lost = on_device_lost
        self._context, self._ledger = context, ledger
        self._batcher, self._limits, self._pulse = batcher, limits, pulse
        self._step_events = StepEvents(context)
        self.device_lost: DeviceLost | None = None

    def generate(self, items: list[BatchItem]) -> Iterator[Picture]:
        """Generate pictures; a failed batch is divided until only the failing job fails."""
        try:
            pictures = self._call(items)
        except Interrupted:
            self._end_all(items, SHUTTING_DOWN)
        except DeviceLost as error:
            self.lose_device(error)
            self._not_stored(items)
        except Exception as error:  # noqa: BLE001, pipelines raise any kind of error
            self._note(items, error)
            yield from self._divide(items, error)
        else:
            yield from pictures

    def fail(self, items: list[BatchItem], error: Exception) -> None:
        """Record that these pictures cannot be generated."""
        end = self._ledger.reject if isinstance(error, MessageError) else self._ledger.fail
        for item in items:
            end(item.task, str(error))
        self._not_stored(items)

    def lose_device(self, error: DeviceLost) -> None:
        """Generate nothing further, and return all jobs."""
        self.device_lost = error
        self._on_device_lost()
        self._ledger.hand_back_all(str(error))

    def _end_all(self, items: list[BatchItem], reason: str) -> None:
        self._ledger.hand_back_all(reason)
        self._not_stored(items)

    def _note(self, items: list[BatchItem], error: Exception) -> None:
        if isinstance(error, OutOfMemory):
            self._limits.ran_out_of_memory(items[0].task, len(items))
        if not isinstance(error, GenerationFailed | MessageError):
            log.exception("The generator failed in a way that it does not declare.")

    def _not_stored(self, items: list[BatchItem]) -> None:
        for item in items:
            self._ledger.not_stored(item)

    def _divide(self, items: list[BatchItem], error: Exception) -> Iterator[Picture]:
        if len(items) == 1:
            self.fail(items, error)
            return
        # A smaller batch needs less memory, and separates the failing job from others.
        half = len(items) // 2
        for part in (items[:half], items[half:]):
            yield from self._generate_wanted(part)

    def _generate_wanted(self, items: list[BatchItem]) -> Iterator[Picture]:
        self._not_stored([item for item in items if item.task.outcome])
        if wanted := [item for item in items if not item.task.outcome]:
            yield from self.generate(wanted)

    def _call(self, items: list[BatchItem]) -> list[Picture]:
        started, energy = time.monotonic(), EnergyMeter(self._context.generator.model.gpu_uuid)
        try:
            with self._pulse:
                generated = self._context.generator.generate(
                    [item.request for item in items],
                    self._step_events.callback(items, self._pulse.beat),
                    lambda: self._context.shutdown.deadline_passed,
                )
        finally:
            self._step_events.finish()
        seconds, joules = time.monotonic() - started, energy.per_picture(len(items))
        self._batcher.finished()
        self._limits.succeeded(items[0].task, len(items), seconds)
        metrics.GENERATION_SECONDS.observe(seconds)
        return [
            Picture(
                item,
                replace(picture, energy_joules=joules),
                {"painting": seconds / len(items)},
            )
            for item, picture in zip(items, generated, strict=True)
        ]
