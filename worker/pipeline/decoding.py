"""Decode in float32 where float16 overflows."""

import functools
from typing import Any

import torch

_DECODERS = ("vae", "movq", "vqgan")
"""The components that decode latents, as pipelines name them."""


def decode_overflows_in_float32(pipeline: Any) -> None:
    """Make a float16 decoder decode again in float32 when its picture overflows.

    The VAE of SDXL 1.0 does so, for example. After the first overflow, float32 is used at once.
    """
    for name in _DECODERS:
        decoder = getattr(pipeline, name, None)
        if decoder is not None and hasattr(decoder, "decode"):
            decoder.decode = _with_fallback(decoder)


def _with_fallback(decoder: Any) -> Any:
    original = decoder.decode
    overflows = False

    @functools.wraps(original)
    def decode(latents: torch.Tensor, *arguments: Any, **keywords: Any) -> Any:
        nonlocal overflows
        if not overflows:
            result = original(latents, *arguments, **keywords)
            overflows = latents.dtype == torch.float16 and _decoding_overflowed(latents, result)
        if overflows:
            result = _in_float32(decoder, original, latents, *arguments, **keywords)
        return result

    return decode


def _decoding_overflowed(latents: torch.Tensor, result: Any) -> bool:
    picture = result[0]
    return bool(torch.isfinite(latents).all() and not torch.isfinite(picture).all())


def _in_float32(
    decoder: Any, decode: Any, latents: torch.Tensor, *rest: Any, **keywords: Any
) -> Any:
    dtype = decoder.dtype
    decoder.to(torch.float32)
    try:
        return decode(latents.float(), *rest, **keywords)
    finally:
        decoder.to(dtype)
