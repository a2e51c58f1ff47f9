"""Choose how a model is computed on a processor: in which numbers, and in which memory format.

Both are measured once per process, in a fraction of a second, on a block like those that UNets and
decoders consist of. They stay the same from the first picture on, so that a seed gives the same
picture until the worker stops.
"""

import time
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn

from worker import cgroup

MIN_GAIN = 1.3
"""Bfloat16 has fewer digits than float32, so it must be this much faster to be chosen."""
_NATIVE_BFLOAT16 = ("amx_bf16", "avx512_bf16", "bf16")
"""The capabilities of processors that multiply bfloat16; others convert it, which is slow."""
_CHANNELS, _SIDE, _PICTURES, _RUNS = 128, 32, 4, 3


@dataclass(frozen=True)
class ProcessorForm:
    """The numbers and the memory format of a model on a processor."""

    dtype: str
    channels_last: bool

    @property
    def memory_format(self) -> torch.memory_format:
        """The format of pictures and of convolutions' weights."""
        return torch.channels_last if self.channels_last else torch.contiguous_format


def fastest_form(dtype: str | None = None) -> ProcessorForm:
    """Return the fastest form that this processor computes; ``dtype`` leaves the format open.

    What the processor converts is not measured: that takes seconds, most of them converting.
    """
    native = ["float32", *(["bfloat16"] if has_native_bfloat16() else [])]
    if dtype and dtype not in native:
        return ProcessorForm(dtype, channels_last=False)
    names = [dtype] if dtype else native
    forms = [ProcessorForm(name, last) for name in names for last in (False, True)]
    return choose({form: _measure(form) for form in forms})


def choose(seconds: dict[ProcessorForm, float]) -> ProcessorForm:
    """Return the form with the shortest time, where bfloat16 must be shorter by ``MIN_GAIN``."""
    return min(seconds, key=lambda form: seconds[form] * _handicap(form, seconds))


def has_native_bfloat16() -> bool:
    """Return whether the processor multiplies bfloat16 without converting it."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in _NATIVE_BFLOAT16)


def limit_threads() -> None:
    """Compute with no more threads than the container's quota lets run at once.

    With more, all are paused together for a part of each tenth of a second.
    """
    torch.set_num_threads(min(torch.get_num_threads(), cgroup.threads()))


def _handicap(form: ProcessorForm, seconds: dict[ProcessorForm, float]) -> float:
    alternatives = {each.dtype for each in seconds}
    return MIN_GAIN if form.dtype == "bfloat16" and len(alternatives) > 1 else 1.0


@cache
def _measure(form: ProcessorForm) -> float:
    """Return the seconds of the block's fastest run."""
    dtype = getattr(torch, form.dtype)
    layers = [nn.GroupNorm(32, _CHANNELS), nn.SiLU(), nn.Conv2d(_CHANNELS, _CHANNELS, 3, padding=1)]
    block = nn.Sequential(*layers).to(dtype=dtype).to(memory_format=form.memory_format)
    pixels = torch.ones(_PICTURES, _CHANNELS, _SIDE, _SIDE, dtype=dtype)
    pixels = pixels.to(memory_format=form.memory_format)
    with torch.inference_mode():
        block(pixels)  # the first run compiles kernels
        return min(_time_of(block, pixels) for _ in range(_RUNS))


def _time_of(block: nn.Module, pixels: torch.Tensor) -> float:
    started = time.perf_counter()
    block(pixels)
    return time.perf_counter() - started
