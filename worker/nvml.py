"""Readings of an NVIDIA GPU from its driver, by NVML.

https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html describes each value.
"""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import pynvml

from wire.messages.telemetry import Telemetry

Value = TypeVar("Value")

_log = logging.getLogger(__name__)


def read_gpu(uuid: str, product: str) -> Telemetry:
    """Read a GPU; a value that its driver does not report is None."""
    handle = _handle(uuid)
    if handle is None:
        return Telemetry(device=product, gpu_uuid=uuid)
    utilization = _known(lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu)
    memory = _known(lambda: pynvml.nvmlDeviceGetMemoryInfo(handle, pynvml.nvmlMemory_v2))
    milliwatts = _known(lambda: pynvml.nvmlDeviceGetPowerUsage(handle))
    return Telemetry(
        device=product,
        gpu_uuid=uuid,
        utilization_ratio=None if utilization is None else utilization / 100,
        memory_used_bytes=memory and memory.used,
        memory_total_bytes=memory and memory.total,
        temperature_celsius=_temperature(handle),
        power_watts=None if milliwatts is None else milliwatts / 1000,
        energy_joules=energy_joules(uuid),
    )


def energy_joules(uuid: str | None) -> float | None:
    """Return the energy that a GPU used since its driver was loaded; None if unknown.

    Volta and newer data center GPUs count it, and few others. The counter includes all processes.
    """
    handle = _handle(uuid) if uuid else None
    if handle is None:
        return None
    millijoules = _known(lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))
    return None if millijoules is None else millijoules / 1000


def _temperature(handle: Any) -> float | None:
    sensor = pynvml.NVML_TEMPERATURE_GPU
    celsius = _known(lambda: pynvml.nvmlDeviceGetTemperatureV(handle, sensor))
    if celsius is None:  # a driver from before that function
        celsius = _known(lambda: pynvml.nvmlDeviceGetTemperature(handle, sensor))
    return celsius


def _known(read: Callable[[], Value]) -> Value | None:
    """Return a value; None if this GPU, or this version of the driver, does not report it."""
    try:
        return read()
    except pynvml.NVMLError:
        return None


@cache
def _handle(uuid: str) -> Any:
    """Return NVML's handle of a GPU; None if NVML does not answer or does not list the GPU."""
    try:
        pynvml.nvmlInit()
        return pynvml.nvmlDeviceGetHandleByUUID(uuid)
    except pynvml.NVMLError as error:
        _log.info("The GPU's utilization, power and energy are unknown: %s.", error)
        return None
