"""Choose the numbers that a model is computed with."""

import logging

import torch

from worker.pipeline.families import family_of
from worker.pipeline.processor_form import fastest_form

log = logging.getLogger(__name__)

DTYPES = {
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "float32": torch.float32,
}


def choose_dtype(
    setting: str | None,
    device: str,
    class_name: str,
    components: set[str],
    quantize: str | None = None,
) -> str:
    """Return the name of the dtype: the setting, or what the family was published for.

    On a processor, unset means the faster one of float32 and bfloat16.

    float16 overflows in most transformers, whose weights were trained in bfloat16. torchao's
    integers are converted to bfloat16 alone.
    """
    own = "bfloat16" if quantize == "torchao_int8" else None
    dtype = setting or own or _family_dtype(device, class_name, components)
    if dtype == "bfloat16" and device == "cuda" and not _has_native_bfloat16():
        log.warning("This GPU only emulates bfloat16, which is slow; DTYPE=float16 may work.")
    return dtype


def _family_dtype(device: str, class_name: str, components: set[str]) -> str:
    if device == "cpu":
        return fastest_form().dtype
    own = family_of(class_name).dtype or ("float16" if "unet" in components else "bfloat16")
    # PyTorch's float16 on Apple's GPUs gives black pictures with several UNets.
    return "float32" if device == "mps" and own == "float16" else own


def _has_native_bfloat16() -> bool:
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))
