"""Decide where a pipeline's weights go: the device, or the host with one component at a time."""

import logging
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import psutil
import torch

from core.errors import ModelUnavailable
from worker.cgroup import CGROUP

log = logging.getLogger(__name__)

Placement: TypeAlias = Literal["device", "offload"]

_BYTES_PER_PIXEL = 2048
"""Working memory of a 16-bit VAE decoder: eight buffers of 64 channels at full size."""
_TILE_PIXELS = 512 * 512
_GIBIBYTE = 2**30


def free_memory(device: str) -> int | None:
    """Return the bytes that are free on a device; None if unknown."""
    if device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    if device == "mps":
        recommended = torch.mps.recommended_max_memory()
        return int(recommended - torch.mps.driver_allocated_memory())
    return min(int(psutil.virtual_memory().available), _free_in_cgroup())


def place(model_id: str, device: str, needs: Mapping[str, int], free: int | None) -> Placement:
    """Return where to load weights of ``needs`` bytes per component.

    Raises:
        ModelUnavailable: not even the largest component fits; has both numbers.

    """
    total = sum(needs.values())
    if free is None or total <= free:
        return "device"
    largest = max(needs.values(), default=0)
    if device == "cuda" and largest <= free:
        return "offload"
    raise ModelUnavailable(
        too_large(model_id, device, largest if device == "cuda" else total, free)
    )


def too_large(model_id: str, device: str, needed: int, free: int) -> str:
    """Return the sentence for a model that does not fit, with both numbers."""
    smaller = "" if device == "cpu" else " or set QUANTIZE,"
    return (
        f"The model {model_id} needs {_gibibytes(needed)} on {device}, and "
        f"{_gibibytes(free)} are free. Use a device with more memory,{smaller} or set MODEL_ID "
        "to a smaller model."
    )


def fit_working_memory(pipeline: Any, side: int, device: str) -> None:
    """Make room for a picture of ``side`` pixels: tile the VAE, then offload the model."""
    free = free_memory(device)
    if device != "cuda" or free is None or side * side * _BYTES_PER_PIXEL <= free:
        return
    _tile(pipeline)
    if min(side * side, _TILE_PIXELS) * _BYTES_PER_PIXEL > free:
        offload(pipeline, device)


def offload(pipeline: Any, device: str) -> None:
    """Keep the weights on the host; each component moves to the device while it is used."""
    log.warning(
        "The model is larger than the free memory: its components take turns on %s.", device
    )
    pipeline.reset_device_map()
    pipeline.enable_model_cpu_offload(device=device)


def _tile(pipeline: Any) -> None:
    vae = getattr(pipeline, "vae", None)
    if vae is not None and hasattr(vae, "enable_tiling"):
        log.info("Pictures are decoded in tiles, since little memory is free.")
        vae.enable_tiling()


def _free_in_cgroup() -> int:
    """Return what a container's limit leaves; practically unlimited without one."""
    try:
        limit = (CGROUP / "memory.max").read_text().strip()
        used = int((CGROUP / "memory.current").read_text())
        # Cached files, such as the weights that were just read, are evicted when needed.
        statistics = dict(
            line.split() for line in (CGROUP / "memory.stat").read_text().splitlines()
        )
        return int(limit) - used + int(statistics["inactive_file"])
    except (OSError, ValueError, KeyError):  # no cgroup v2, or "max"
        return 2**63


def _gibibytes(size: int) -> str:
    return f"{size / _GIBIBYTE:.1f} GiB"
