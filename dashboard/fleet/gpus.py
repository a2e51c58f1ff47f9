"""The NVIDIA GPUs of this machine, of which each local worker gets one."""

import logging
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from core.settings import Settings

_END_OF_LIST = ("", "-1", "NoDevFiles")
"""CUDA ignores the rest of CUDA_VISIBLE_DEVICES from the first of these entries."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gpu:
    """A GPU, as its driver describes it."""

    uuid: str
    """Valid in CUDA_VISIBLE_DEVICES. An index would not do: CUDA orders GPUs by speed, NVML by
    bus address."""
    product: str


@cache
def list_gpus() -> tuple[Gpu, ...]:
    """Return the GPUs of this machine; none without NVIDIA's driver."""
    try:
        import pynvml

        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
        return tuple(
            Gpu(pynvml.nvmlDeviceGetUUID(handle), pynvml.nvmlDeviceGetName(handle))
            for handle in handles
        )
    except (ImportError, OSError):
        return ()
    except pynvml.NVMLError as error:
        _log.debug("NVML reports no GPU: %s", error)
        return ()


def usable_gpus(settings: Settings) -> tuple[str, ...]:
    """Return the GPUs for local workers, as entries of CUDA_VISIBLE_DEVICES.

    A CUDA_VISIBLE_DEVICES of the user selects among them; with ``DEVICE=cpu`` there are none.
    """
    if settings.device not in (None, "cuda") or not list_gpus():
        return ()
    selected = os.environ.get("CUDA_VISIBLE_DEVICES")
    if selected is None:
        return tuple(gpu.uuid for gpu in list_gpus())
    entries = (entry.strip() for entry in selected.split(","))
    return tuple(takewhile(lambda entry: entry not in _END_OF_LIST, entries))


def least_used(gpus: tuple[str, ...], in_use: Iterable[str | None]) -> str | None:
    """Return the GPU with the fewest workers, the first of several; None without GPUs."""
    workers = Counter(in_use)
    return min(gpus, key=lambda gpu: workers[gpu], default=None)
