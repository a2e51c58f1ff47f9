"""Read a pipeline from its files: straight to the device where it fits, quantized if asked to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from core.errors import SettingsError
from worker.pipeline import loras, memory, quantize
from worker.pipeline.pipeline_class import PipelineIndex, find_class, takes
from worker.pipeline.precision import DTYPES, choose_dtype
from worker.pipeline.single_file import load_single_file, size_of
from worker.pipeline.source import Source
from worker.pipeline.tiny_vae import load_tiny_vae
from worker.pipeline.weights import choose_variant, count_parameters, list_files


@dataclass(frozen=True)
class LoadOptions:
    """How to load a model; see the settings of the same names."""

    dtype: str | None = None
    quantize: str | None = None
    safety_checker: bool = True
    vae: str | None = None
    compile: bool = False
    previews: bool = False
    lora_sources: Mapping[str, loras.Source] = field(default_factory=dict)
    """The LoRAs that jobs may use, see worker.pipeline.loras."""


def dtype_of(index: PipelineIndex, device: str, options: LoadOptions) -> str:
    """Return the name of the numbers that a pipeline is computed with."""
    components = set(index.components)
    return choose_dtype(options.dtype, device, index.class_name, components, options.quantize)


def read_pipeline(source: Source, device: str, options: LoadOptions) -> Any:
    """Return the pipeline of a source, on the device or with its components taking turns there.

    Raises SettingsError, ModelUnavailable and the libraries' own errors.
    """
    if source.file:
        return _read_single_file(source, source.file, device, options)
    return _read_folder(source, device, options)


def _read_single_file(source: Source, file: Path, device: str, options: LoadOptions) -> Any:
    if options.quantize:
        raise SettingsError(
            f"QUANTIZE is {options.quantize}, but {file} is a single file, which diffusers does "
            "not quantize. Leave QUANTIZE unset, or set MODEL_ID to a folder."
        )
    dtype = DTYPES[dtype_of(source.index, device, options)]
    memory.place(
        source.model_id,
        device,
        {"checkpoint": size_of(file, dtype.itemsize)},
        memory.free_memory(device),
    )
    replaced = _replaced(find_class(source.index.class_name), source, dtype, options)
    return load_single_file(file, source.folder, dtype, **replaced).to(device)


def _read_folder(source: Source, device: str, options: LoadOptions) -> Any:
    pipeline_class = find_class(source.index.class_name)
    dtype = dtype_of(source.index, device, options)
    replaced = _replaced(pipeline_class, source, DTYPES[dtype], options)
    variant = choose_variant(list_files(source.folder), source.index.components, dtype)
    needs = needed_bytes(source.folder, variant, dtype, options, replaced)
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
    elif "vae" in replaced:  # given to diffusers, which places what it reads only
        pipeline.vae.to(device)
    return pipeline


def _replaced(
    pipeline_class: Any, source: Source, dtype: torch.dtype, options: LoadOptions
) -> dict[str, Any]:
    """Return the components that are not read with the pipeline, by name."""
    vae = load_tiny_vae(options.vae, source, dtype) if options.vae else None
    absent = _without_safety_checker(pipeline_class, options)
    return absent if vae is None else {**absent, "vae": vae}


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


def needed_bytes(
    folder: Path,
    variant: str | None,
    dtype: str,
    options: LoadOptions,
    replaced: Collection[str] = (),
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
