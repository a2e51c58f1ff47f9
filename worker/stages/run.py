"""Run a worker: stages in threads, from the queue to the store.

    intake ─▶ batcher ─▶ denoiser ─▶ encoders ─▶ uploaders ─▶ ledger

While a batch is generated, the pictures of the one before are encoded and uploaded, and the jobs
of the next one are received. A slow store stops the generator, since the queues are bounded.
"""

import threading
from dataclasses import dataclass
from typing import Any

from worker import cgroup
from worker.context import WorkerContext
from worker.stages.batcher import Batcher
from worker.stages.batching import BatchLimits
from worker.stages.cancellations import Cancellations
from worker.stages.denoiser import SHUTTING_DOWN, Denoiser, Picture
from worker.stages.encoder import Encoder
from worker.stages.intake import RECEIVE_TIMEOUT_SECONDS, Intake
from worker.stages.ledger import JobLedger
from worker.stages.settlement import Settlement
from worker.stages.stage import BoundedQueue, Stage
from worker.stages.uploader import Uploader

MAX_ENCODERS = 4
UPLOADERS = 16
"""A write to a store in a cloud takes some 50 ms, most of it waiting."""
UNENCODED_PICTURES = 16
"""The pictures that wait for an encoder; a batch of the largest usual size."""
ENCODED_PICTURES = 8

_POLL_SECONDS = 0.1
"""A signal handler must not use a lock, so waiting polls."""
_STOP_INTAKE_SECONDS = 2 * RECEIVE_TIMEOUT_SECONDS
_ABANDON_AFTER_SECONDS = 2.0
"""Time after the grace period in which pictures in progress can still be stored."""


def encoder_count() -> int:
    """Return the number of threads that encode: one for each processor, up to a limit."""
    return min(MAX_ENCODERS, cgroup.threads())


def run(context: WorkerContext) -> None:
    """Process jobs until ``context.shutdown`` is requested.

    With EXIT_AFTER_ONE_TASK, return after one job, or after a minute without a job.

    Raises:
        DeviceLost: no further picture can be generated; the unfinished jobs are requeued.

    """
    pipeline = build(context)
    pipeline.start()
    try:
        pipeline.wait(context)
    finally:
        pipeline.cancellations.close()
    if pipeline.denoiser.device_lost:
        raise pipeline.denoiser.device_lost


@dataclass(frozen=True)
class Pipeline:
    """The parts of a running worker."""

    ledger: JobLedger
    denoiser: Denoiser
    cancellations: Cancellations
    stages: tuple[Stage[Any, Any], ...]

    def start(self) -> None:
        """Start all threads, the last stage first."""
        for stage in reversed(self.stages):
            stage.start()
        watch = self.cancellations.watch
        threading.Thread(target=watch, name="cancellations", daemon=True).start()

    def wait(self, context: WorkerContext) -> None:
        """Wait until all stages have ended; after the grace period, return unfinished jobs."""
        waited_after_deadline = 0.0
        while not self.stages[-1].join(_POLL_SECONDS):
            if context.shutdown.deadline_passed:
                self.ledger.hand_back_all(SHUTTING_DOWN)
                waited_after_deadline += _POLL_SECONDS
            if waited_after_deadline > _ABANDON_AFTER_SECONDS:
                self.ledger.abandon()
                break
        # The intake may just be receiving what was returned.
        self.stages[0].join(_STOP_INTAKE_SECONDS)
        self.ledger.wait_until_empty(_ABANDON_AFTER_SECONDS)


def build(context: WorkerContext) -> Pipeline:
    """Connect the stages of a worker."""
    ledger = JobLedger(Settlement(context))
    limits = BatchLimits(context.batch_size, context.max_batch_size)
    batcher = Batcher(ledger, limits)
    cancellations = Cancellations(context.store, ledger)
    intake = Intake(context, ledger, batcher, cancellations)
    pulse = context.health.watch("denoiser")
    denoiser = Denoiser(context, ledger, batcher, limits, intake.close, pulse)
    encoder = Encoder(ledger, context.generator.model.model_id, denoiser.lose_device)
    uploader = Uploader(context, ledger)
    unencoded: BoundedQueue[Picture] = BoundedQueue(UNENCODED_PICTURES)
    encoded: BoundedQueue[Picture] = BoundedQueue(ENCODED_PICTURES)
    stages = (
        Stage("intake", intake.receive, intake.prepare, batcher.add, intake.fail, batcher.close),
        Stage(
            "denoiser",
            batcher.take,
            denoiser.generate,
            unencoded.put,
            denoiser.fail,
            unencoded.close,
        ),
        Stage(
            "encoder",
            unencoded.get,
            encoder.encode,
            encoded.put,
            encoder.fail,
            encoded.close,
            threads=encoder_count(),
        ),
        Stage("uploader", encoded.get, uploader.upload, _none, uploader.fail, threads=UPLOADERS),
    )
    return Pipeline(ledger, denoiser, cancellations, stages)


def _none(_: object) -> None:
    """Ignore what the last stage returns: the ledger knows what is stored."""
