"""Store pictures and convolutions' weights with the channels last, where that is faster."""

from typing import Any

import torch
from torch import nn

from worker.pipeline.processor_form import fastest_form

_CONVOLUTIONAL = ("unet", "prior", "decoder", "vae", "movq", "vqgan", "safety_checker")
"""The components that consist of convolutions, as pipelines name them."""


def use_fast_memory_format(pipeline: Any, device: str, dtype: str) -> None:
    """Convert the convolutions' weights; their pictures follow.

    On CUDA the tensor cores read channels last in 16 bits, and others are converted by cuDNN at
    each call. On a processor the faster one was measured.
    """
    if not _channels_last(device, dtype):
        return
    for name in _CONVOLUTIONAL:
        component = getattr(pipeline, name, None)
        if isinstance(component, nn.Module) and _is_flat(component):
            component.to(memory_format=torch.channels_last)


def _is_flat(component: nn.Module) -> bool:
    """Return whether no convolution has a third dimension, as in the VAEs of videos."""
    return all(weight.dim() < 5 for weight in component.parameters())


def _channels_last(device: str, dtype: str) -> bool:
    if device == "cpu":
        return fastest_form(dtype).channels_last
    return device == "cuda" and dtype != "float32"
