"""Load a text-to-image pipeline of diffusers: from the hub, a folder or a single file."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from diffusers.utils.logging import disable_progress_bar

from core.errors import GenerationError, ModelUnavailable, SettingsError, first_line
from core.model_defaults import ModelDefaults, published_defaults, read_model_defaults
from worker.device import choose_device, gpu_uuid, product_name, require_kernels
from worker.generator import DeviceLost, ModelInfo
from worker.pipeline import capabilities, loras, memory, quantize
from worker.pipeline.families import family_of
from worker.pipeline.generate import DiffusersGenerator
from worker.pipeline.memory_format import use_fast_memory_format
from worker.pipeline.pipeline_class import PipelineIndex, find_class, takes
from worker.pipeline.precision import DTYPES, choose_dtype
from worker.pipeline.processor_form import limit_threads
from worker.pipeline.single_file import load_single_file, size_of
from worker.pipeline.source import Source, locate
from worker.pipeline.weights import choose_variant, count_parameters, list_files

log = logging.getLogger(__name__)

_BATCH_SIZES = {"cuda": (4, 64), "cpu": (1, 8)}
"""Pictures per call by device, at first and at most; one on others."""


@dataclass(frozen=True)
class LoadOptions:
    """How to load a model; see the settings of the same names."""

    dtype: str | None = None
    quantize: str | None = None
    safety_checker: bool = True
    lora_sources: Mapping[str, loras.Source] = field(default_factory=dict)
    """The LoRAs that jobs may use, see worker.pipeline.loras."""


def load(
    model_id: str, device: str | None, options: LoadOptions | None = None
) -> DiffusersGenerator:
    """Load a model onto a device.

    Raises:
        SettingsError: the device or the quantization is not available.
        ModelUnavailable: there is no such model, it cannot serve jobs, or it does not fit.
        DeviceLost: the device fails, or this build of PyTorch has no kernels for it.

    """
    try:
        return _load(model_id, device, options or LoadOptions())
    except (SettingsError, GenerationError):
        raise
    except torch.AcceleratorError as error:
        raise DeviceLost(f"The device failed while loading: {first_line(error)}") from None
    except Exception as error:
        log.debug("Loading failed.", exc_info=True)
        raise ModelUnavailable(_explain(model_id, error)) from None


def _load(model_id: str, device: str | None, options: LoadOptions) -> DiffusersGenerator:
    device = choose_device(device)
    limit_threads()
    require_kernels(device)
    if options.quantize:
        quantize.require_usable(options.quantize, device)
    disable_progress_bar()
    source = locate(model_id, lambda index: _dtype(index, device, options))
    pipeline = _read_pipeline(source, device, options)
    dtype = _dtype(source.index, device, options)
    if not options.quantize:  # which has memory formats of its own
        use_fast_memory_format(pipeline, device, dtype)
    pipeline.set_progress_bar_config(disable=True)
    memory.fit_working_memory(pipeline, capabilities.default_side(pipeline), device)
    model = _model_info(pipeline, source, device, options)
    log.info("Loaded %s in %s.", model.capabilities.family, dtype)
    return DiffusersGenerator(pipeline, model, options.lora_sources)


def _model_info(pipeline: Any, source: Source, device: str, options: LoadOptions) -> ModelInfo:
    names = tuple(options.lora_sources)
    announced = capabilities.derive(pipeline, source.model_id, _defaults(source), names)
    first, most = _BATCH_SIZES.get(device, (1, 1))
    limit = family_of(announced.family).batch_size or most
    return ModelInfo(
        capabilities=announced,
        device=product_name(device),
        gpu_uuid=gpu_uuid(device),
        batch_size=min(first, limit),
        max_batch_size=limit,
        tiny_decoder="Tiny" in type(getattr(pipeline, "vae", None)).__name__,
        safety_checker=getattr(pipeline, "safety_checker", None) is not None,
    )


def _defaults(source: Source) -> ModelDefaults | None:
    """Return the folder's defaults, or those of the model's card; None if there are neither."""
    names = (source.model_id, source.index.original_name)
    cards = (published_defaults(name) for name in names)
    return read_model_defaults(str(source.folder)) or next(filter(None, cards), None)


def _dtype(index: PipelineIndex, device: str, options: LoadOptions) -> str:
    components = set(index.components)
    return choose_dtype(options.dtype, device, index.class_name, components, options.quantize)


def _read_pipeline(source: Source, device: str, options: LoadOptions) -> Any:
    if source.file:
        return _read_single_file(source, source.file, device, options)
    return _read_folder(source, device, options)


def _read_single_file(source: Source, file: Path, device: str, options: LoadOptions) -> Any:
    if options.quantize:
        raise SettingsError(
            f"QUANTIZE is {options.quantize}, but {file} is a single file, which diffusers does "
            "not quantize. Leave QUANTIZE unset, or set MODEL_ID to a folder."
        )
    dtype = DTYPES[_dtype(source.index, device, options)]
    memory.place(
        source.model_id,
        device,
        {"checkpoint": size_of(file, dtype.itemsize)},
        memory.free_memory(device),
    )
    replaced = _without_safety_checker(find_class(source.index.class_name), options)
    return load_single_file(file, source.folder, dtype, **replaced).to(device)


def _read_folder(source: Source, device: str, options: LoadOptions) -> Any:
    pipeline_class = find_class(source.index.class_name)
    dtype = _dtype(source.index, device, options)
    replaced = _without_safety_checker(pipeline_class, options)
    variant = choose_variant(list_files(source.folder), source.index.components, dtype)
    needs = _needs(source.folder, variant, dtype, options, replaced)
    placement = memory.place(source.model_id, device, needs, memory.free_memory(device))
    pipeline = pipeline_class.from_pretrained(
        str(source.folder),
        dtype=DTYPES[dtype],
        variant=variant,
        local_files_only=True,
        use_safetensors=True,
        **_placed(pipeline_class, placement, device),
        **_quantized(source.index, dtype, options),
        **replaced,
    )
    if placement == "offload":
        memory.offload(pipeline, device)
    elif getattr(pipeline, "hf_device_map", None) is None:
        pipeline.to(device)
    return pipeline


def _without_safety_checker(pipeline_class: Any, options: LoadOptions) -> dict[str, Any]:
    """Return the arguments that leave the safety checker out."""
    if options.safety_checker:
        return {}
    absent = {"safety_checker": None, "requires_safety_checker": False}
    return {name: value for name, value in absent.items() if takes(pipeline_class, name)}


def _placed(pipeline_class: Any, placement: memory.Placement, device: str) -> dict[str, str]:
    """Return the arguments that load straight to the device, without a copy on the host."""
    if placement == "offload" or pipeline_class._load_connected_pipes:
        return {}
    return {"device_map": device}


def _quantized(index: PipelineIndex, dtype: str, options: LoadOptions) -> dict[str, Any]:
    if options.quantize is None:
        return {}
    config = quantize.quantization_config(options.quantize, index.components, DTYPES[dtype])
    return {"quantization_config": config}


def _needs(
    folder: Path, variant: str | None, dtype: str, options: LoadOptions, replaced: dict[str, Any]
) -> dict[str, int]:
    """Return the bytes that the weights of each component take once loaded."""
    plain = DTYPES[dtype].itemsize
    return {
        name: int(count * _bytes_per_parameter(name, plain, options))
        for name, count in count_parameters(folder, variant).items()
        if name not in replaced
    }


def _bytes_per_parameter(component: str, plain: int, options: LoadOptions) -> float:
    if options.quantize and quantize.is_quantized(component):
        return quantize.bytes_per_parameter(options.quantize)
    return plain


def _explain(model_id: str, error: Exception) -> str:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return f"The model {model_id} does not fit into the memory: {first_line(error)}"
    return f"The model in {model_id} cannot be loaded: {first_line(error)}"
