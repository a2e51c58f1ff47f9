"""Load a text-to-image pipeline of diffusers from a folder or the hub."""

import inspect
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline
from diffusers.utils.logging import disable_progress_bar

from core.errors import ModelUnavailable, first_line
from core.model_defaults import ModelDefaults, read_model_defaults
from wire.messages.model import ModelCapabilities
from worker.device import choose_device, product_name
from worker.generator import ModelInfo
from worker.pipeline.generate import DiffusersGenerator

_GPU_BATCH_SIZE = 4
_DEFAULT_STEPS = 25
_DEFAULT_SIDE = 512


def load(model_id: str, device: str | None) -> DiffusersGenerator:
    """Load a model onto a device.

    Raises:
        SettingsError: the device is not available.
        ModelUnavailable: the folder is invalid, or the hub and its cache have no such model.

    """
    device = choose_device(device)
    defaults = read_model_defaults(model_id)
    disable_progress_bar()
    pipeline = _read_pipeline(model_id, torch.float16 if device == "cuda" else torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.to(device)
    return DiffusersGenerator(pipeline, _model_info(pipeline, model_id, device, defaults), {})


def _read_pipeline(model_id: str, dtype: torch.dtype) -> Any:
    is_folder = Path(model_id).is_dir()
    if is_folder and not (Path(model_id) / "model_index.json").is_file():
        raise ModelUnavailable(
            f"The folder {model_id} has no model_index.json, so it is not a diffusers pipeline. "
            "Set MODEL_ID to the folder of a pipeline, or to a name on the hub."
        )
    # Local files first: a request to the hub is slow, and fails offline.
    for local_only in (True,) if is_folder else (True, False):
        for variant in ("fp16", None) if dtype == torch.float16 else (None,):
            try:
                return DiffusionPipeline.from_pretrained(  # type: ignore[no-untyped-call]
                    model_id,
                    dtype=dtype,
                    variant=variant,
                    local_files_only=local_only,
                    use_safetensors=True,
                )
            except Exception as error:  # noqa: BLE001, invalid files raise any kind of error
                reason = first_line(error)
    raise ModelUnavailable(_explain_failure(model_id, reason, is_folder))


def _explain_failure(model_id: str, reason: str, is_folder: bool) -> str:
    if is_folder:
        return f"The model in {model_id} cannot be loaded: {reason}"
    return (
        f"{model_id} is not a local folder, and the hub returned no model of that name "
        f"({reason}). Check MODEL_ID and the network; the jobs wait."
    )


def _model_info(
    pipeline: Any, model_id: str, device: str, defaults: ModelDefaults | None
) -> ModelInfo:
    defaults = defaults or _pipeline_defaults(pipeline)
    values = {
        "steps": defaults.steps,
        "guidance_scale": defaults.guidance_scale,
        "width": defaults.width,
        "height": defaults.height,
    }
    return ModelInfo(
        capabilities=ModelCapabilities(
            model_id=model_id, family=type(pipeline).__name__, defaults=values
        ),
        device=product_name(device),
        batch_size=_GPU_BATCH_SIZE if device == "cuda" else 1,
        tiny_decoder="Tiny" in type(pipeline.vae).__name__,
        safety_checker=getattr(pipeline, "safety_checker", None) is not None,
    )


def _pipeline_defaults(pipeline: Any) -> ModelDefaults:
    """Derive the defaults from the configuration of a pipeline."""
    denoiser = getattr(pipeline, "unet", None) or getattr(pipeline, "transformer", None)
    latent_side = getattr(denoiser.config, "sample_size", None) if denoiser else None
    side = (
        latent_side * pipeline.vae_scale_factor if isinstance(latent_side, int) else _DEFAULT_SIDE
    )
    guidance = inspect.signature(pipeline.__call__).parameters["guidance_scale"].default
    return ModelDefaults(
        steps=_DEFAULT_STEPS, guidance_scale=float(guidance), width=side, height=side
    )
