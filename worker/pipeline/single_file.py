"""Load a checkpoint that is one ``.safetensors`` file, as they are shared for other programs."""

from math import prod
from pathlib import Path
from typing import Any

import torch
from diffusers.loaders.single_file_utils import (
    DIFFUSERS_DEFAULT_PIPELINE_PATHS,
    SingleFileComponentError,
    infer_diffusers_model_type,
)

from core.errors import ModelUnavailable
from worker.pipeline.hub import download_configs
from worker.pipeline.pipeline_class import PipelineIndex, find_class, read_index
from worker.pipeline.weights import read_shapes

_UNET_KEY = "model.diffusion_model.input_blocks.0.0.weight"
"""Every Stable Diffusion checkpoint has it; diffusers takes unknown files for version 1."""


def read_configs(file: Path) -> tuple[Path, PipelineIndex]:
    """Return the folder with the configuration for a checkpoint, and its index.

    Files of this kind contain weights only; the rest is that of the model they derive from.

    Raises:
        ModelUnavailable: the file is no checkpoint of a pipeline, or the hub is unreachable.

    """
    repo = _base_model(file)
    configs = download_configs(repo)
    return configs, read_index(configs)


def size_of(file: Path, itemsize: int) -> int:
    """Return the bytes of a checkpoint's weights, at ``itemsize`` bytes each."""
    return itemsize * sum(map(prod, read_shapes(file).values()))


def load_single_file(file: Path, configs: Path, dtype: torch.dtype, **components: Any) -> Any:
    """Load a checkpoint. Raises ModelUnavailable."""
    pipeline_class = find_class(read_index(configs).class_name)
    if not hasattr(pipeline_class, "from_single_file"):
        raise ModelUnavailable(
            f"{file} is a single file, and diffusers loads the class {pipeline_class.__name__} "
            "only from a folder. Set MODEL_ID to a folder or a name on the hub."
        )
    try:
        return pipeline_class.from_single_file(
            str(file), config=str(configs), dtype=dtype, local_files_only=True, **components
        )
    # NotImplementedError: weights of a component are missing, and stay without data.
    except (SingleFileComponentError, NotImplementedError):
        raise ModelUnavailable(
            f"{file} is a single file with only a part of a {pipeline_class.__name__}, such as "
            "its denoiser alone. Set MODEL_ID to a complete checkpoint, a folder or a "
            "name on the hub."
        ) from None


def _base_model(file: Path) -> str:
    """Return the hub name of the model whose configuration fits a checkpoint."""
    shapes = read_shapes(file)
    if any("lora_" in name or ".lora." in name for name in shapes):
        raise ModelUnavailable(
            f"{file} is a LoRA, which changes a model and is none. Set MODEL_ID to the model, "
            "and choose the LoRA in the job."
        )
    tensors = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    kind = infer_diffusers_model_type(tensors)  # type: ignore[no-untyped-call]
    base = DIFFUSERS_DEFAULT_PIPELINE_PATHS.get(kind)
    if base is None or (kind == "v1" and _UNET_KEY not in shapes):
        raise ModelUnavailable(
            f"{file} is a single file, but no checkpoint of a kind that diffusers supports. "
            "Set MODEL_ID to a folder or a name on the hub."
        )
    return str(base["pretrained_model_name_or_path"])
