"""Load weights with fewer bits, by bitsandbytes or torchao."""

from importlib.util import find_spec
from typing import Any

import diffusers
import torch
import transformers
from diffusers.quantizers.pipe_quant_config import PipelineQuantizationConfig

from core.errors import SettingsError

_BITS = {"bitsandbytes_4bit": 4, "bitsandbytes_8bit": 8, "torchao_int8": 8}
_QUANTIZED = ("transformer", "unet", "prior", "text_encoder")


def is_quantized(component: str) -> bool:
    """Return whether a component is large enough to be quantized: denoisers, text encoders."""
    return component.startswith(_QUANTIZED)


def bytes_per_parameter(method: str) -> float:
    """Return the size of a quantized parameter, with a tenth for its scales."""
    return _BITS[method] / 8 * 1.1


def require_usable(method: str, device: str) -> None:
    """Raise SettingsError unless the package is installed and supports the device."""
    package = method.partition("_")[0]
    if find_spec(package) is None:
        raise SettingsError(
            f"QUANTIZE is {method}, but the package {package} is not installed. "
            f"Install it with `pip install {package}`, or leave QUANTIZE unset."
        )
    if package == "bitsandbytes" and device != "cuda":
        raise SettingsError(
            f"QUANTIZE is {method}, which needs an NVIDIA GPU, but the device is {device}. "
            "Set QUANTIZE=torchao_int8, or leave it unset."
        )


def quantization_config(
    method: str, components: dict[str, tuple[str, str]], dtype: torch.dtype
) -> PipelineQuantizationConfig:
    """Return the configuration for a pipeline's denoiser and text encoders."""
    libraries = {"diffusers": diffusers, "transformers": transformers}
    return PipelineQuantizationConfig(
        quant_mapping={
            name: _component_config(method, libraries[library], dtype)
            for name, (library, _class_name) in components.items()
            if is_quantized(name) and library in libraries
        }
    )


def _component_config(method: str, library: Any, dtype: torch.dtype) -> Any:
    if method == "torchao_int8":
        from torchao.quantization import Int8WeightOnlyConfig

        return library.TorchAoConfig(Int8WeightOnlyConfig())
    if method == "bitsandbytes_8bit":
        return library.BitsAndBytesConfig(load_in_8bit=True)
    return library.BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
    )
