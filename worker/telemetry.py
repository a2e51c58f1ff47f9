"""Publish what the worker measures of its device."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from wire.messages.event import Event
from wire.messages.telemetry import Telemetry
from worker import metrics
from worker.context import WorkerContext
from worker.generator import ModelInfo
from worker.nvml import read_gpu
from worker.processor import ProcessorMeter

INTERVAL_SECONDS = 2.0
_STOP_SECONDS = 1.0
"""A driver that hangs does not delay the end of the worker for longer."""


@contextmanager
def publish_telemetry(context: WorkerContext) -> Iterator[None]:
    """Publish telemetry every two seconds, in a thread, while a block of code runs."""
    stopping = threading.Event()
    thread = threading.Thread(
        target=_publish, args=(context, stopping), name="telemetry", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(_STOP_SECONDS)


def _publish(context: WorkerContext, stopping: threading.Event) -> None:
    read = reader(context.generator.model)
    while not stopping.is_set():
        telemetry = read()
        metrics.DEVICE.latest = telemetry
        context.events.publish(Event(kind="telemetry", worker=context.name, telemetry=telemetry))
        stopping.wait(INTERVAL_SECONDS)


def reader(model: ModelInfo) -> Callable[[], Telemetry]:
    """Return the function that reads the device on which a model runs."""
    if model.gpu_uuid:
        return partial(read_gpu, model.gpu_uuid, model.device)
    if model.device == "cpu":
        return ProcessorMeter().read
    if model.device == "mps":
        return _read_mps
    # Nothing but the name is known of other GPUs.
    return partial(Telemetry, device=model.device)


def _read_mps() -> Telemetry:
    """Read an Apple GPU, which has no memory of its own: what this process may and does use."""
    import torch

    return Telemetry(
        device="mps",
        memory_used_bytes=torch.mps.driver_allocated_memory(),
        memory_total_bytes=torch.mps.recommended_max_memory(),
    )
