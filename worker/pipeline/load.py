"""Load a text-to-image pipeline of diffusers: from the hub, a folder or a single file."""

import logging
from typing import Any

import torch
from diffusers.utils.logging import disable_progress_bar

from core.errors import GenerationError, ModelUnavailable, SettingsError, first_line
from core.model_defaults import ModelDefaults, published_defaults, read_model_defaults
from worker.device import choose_device, gpu_uuid, product_name, require_kernels
from worker.generator import DeviceLost, ModelInfo
from worker.pipeline import capabilities, memory, quantize
from worker.pipeline.compilation import compile_denoiser
from worker.pipeline.families import family_of
from worker.pipeline.generate import DiffusersGenerator
from worker.pipeline.memory_format import use_fast_memory_format
from worker.pipeline.processor_form import limit_threads
from worker.pipeline.read import LoadOptions, dtype_of, read_pipeline
from worker.pipeline.source import Source, locate

log = logging.getLogger(__name__)

_BATCH_SIZES = {"cuda": (4, 64), "cpu": (1, 8)}
"""Pictures per call by device, at first and at most; one on others."""


def load(
    model_id: str, device: str | None, options: LoadOptions | None = None
) -> DiffusersGenerator:
    """Load a model onto a device.

    Raises:
        SettingsError: the device, the quantization or the tiny VAE is not available.
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
    source = locate(model_id, lambda index: dtype_of(index, device, options))
    pipeline = read_pipeline(source, device, options)
    dtype = dtype_of(source.index, device, options)
    if not options.quantize:  # which has memory formats of its own
        use_fast_memory_format(pipeline, device, dtype)
    pipeline.set_progress_bar_config(disable=True)
    memory.fit_working_memory(pipeline, capabilities.default_side(pipeline), device)
    model = _model_info(pipeline, source, device, options)
    if options.compile:
        compile_denoiser(pipeline, device)
    log.info("Loaded %s in %s.", model.capabilities.family, dtype)
    return DiffusersGenerator(pipeline, model, options.lora_sources, options.previews)


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


def _explain(model_id: str, error: Exception) -> str:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return f"The model {model_id} does not fit into the memory: {first_line(error)}"
    return f"The model in {model_id} cannot be loaded: {first_line(error)}"
