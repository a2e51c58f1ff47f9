"""Paints with any text-to-image pipeline of diffusers, from a folder or the hub."""

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import DiffusionPipeline
from diffusers.utils.logging import disable_progress_bar

from core.errors import GenerationFailed, ModelUnavailable
from core.model_defaults import ModelDefaults, read_model_defaults
from worker.device import choose_device, product_name
from worker.generator import DeviceLost, GenerationParameters, Interrupted, ModelInfo, OutOfMemory

_GPU_BATCH = 4
_USUAL_STEPS = 25
_USUAL_SIDE = 512
_NO_MEMORY = ("out of memory", "can't allocate memory")


def load(model_id: str, device: str | None) -> "DiffusersGenerator":
    """Load a model onto a device.

    Raises:
        SettingsError: the device is not here.
        ModelUnavailable: neither a usable folder, nor in the cache, nor on the hub.

    """
    device = choose_device(device)
    defaults = read_model_defaults(model_id)
    disable_progress_bar()
    pipeline = _read_pipeline(model_id, torch.float16 if device == "cuda" else torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.to(device)
    return DiffusersGenerator(pipeline, _describe(pipeline, model_id, device, defaults))


class DiffusersGenerator:
    """A loaded pipeline."""

    def __init__(self, pipeline: DiffusionPipeline, description: ModelInfo) -> None:
        self._pipeline = pipeline
        self.model = description

    def generate(
        self,
        parameters: list[GenerationParameters],
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> list[np.ndarray]:
        """Return height x width x 3 RGB uint8 arrays; see worker.generator.Generator."""
        try:
            return self._paint(parameters, on_step, should_stop)
        except (Interrupted, GenerationFailed):
            raise
        except torch.AcceleratorError as error:
            raise DeviceLost(f"The device {self.model.device} failed: {_short(error)}") from None
        except Exception as error:
            raise _explained(error) from error

    def _paint(self, parameters, on_step, should_stop) -> list[np.ndarray]:
        first = parameters[0]

        def after_step(_pipeline, index: int, _timestep, values: dict) -> dict:
            # Some schedulers call the model twice in a step.
            on_step(min(index + 1, first.steps))
            if should_stop():
                raise Interrupted
            return values

        with torch.inference_mode():
            pictures = self._pipeline(
                prompt=[painting.prompt for painting in parameters],
                width=first.width,
                height=first.height,
                num_inference_steps=first.steps,
                guidance_scale=self.model.guidance_scale,
                generator=[_random(painting.seed) for painting in parameters],
                output_type="pt",
                callback_on_step_end=after_step,
            ).images
            return _pixels(pictures)


def _random(seed: int) -> torch.Generator:
    # On the CPU whatever the device: a seed means the same picture everywhere.
    return torch.Generator("cpu").manual_seed(seed)


def _pixels(pictures: torch.Tensor) -> list[np.ndarray]:
    """Turn n x 3 x height x width from 0 to 1 into n arrays of height x width x 3."""
    if not torch.isfinite(pictures).all():
        raise GenerationFailed("The model's numbers overflowed; this is no picture.")
    as_bytes = (pictures * 255).round().to(torch.uint8)
    return list(as_bytes.permute(0, 2, 3, 1).contiguous().cpu().numpy())


def _explained(error: Exception) -> GenerationFailed:
    if isinstance(error, torch.OutOfMemoryError) or any(
        words in str(error) for words in _NO_MEMORY
    ):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return OutOfMemory("The device has too little memory for a picture of this size.")
    return GenerationFailed(f"The model could not paint this: {_short(error)}")


def _short(error: Exception) -> str:
    """Return the first line of a library's message."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]


def _read_pipeline(model_id: str, dtype: torch.dtype) -> DiffusionPipeline:
    is_folder = Path(model_id).is_dir()
    if is_folder and not (Path(model_id) / "model_index.json").is_file():
        raise ModelUnavailable(
            f"The folder {model_id} holds no model_index.json, so it is no diffusers pipeline. "
            "Set MODEL_ID to a folder with one, or to a name on the hub."
        )
    # The files that are here come first: a start that asks the hub is slow, or fails offline.
    for local_only in (True,) if is_folder else (True, False):
        for variant in ("fp16", None) if dtype == torch.float16 else (None,):
            try:
                return DiffusionPipeline.from_pretrained(
                    model_id,
                    dtype=dtype,
                    variant=variant,
                    local_files_only=local_only,
                    use_safetensors=True,
                )
            except Exception as error:  # noqa: BLE001, files may be wrong in any way
                reason = _short(error)
    raise ModelUnavailable(_not_loaded(model_id, reason, is_folder))


def _not_loaded(model_id: str, reason: str, is_folder: bool) -> str:
    if is_folder:
        return f"The model in {model_id} cannot be loaded: {reason}"
    return (
        f"{model_id} is no folder here, and the hub did not give a model of that name "
        f"({reason}). Look at MODEL_ID and the network; the jobs wait."
    )


def _describe(
    pipeline: DiffusionPipeline, model_id: str, device: str, defaults: ModelDefaults | None
) -> ModelInfo:
    defaults = defaults or _own_defaults(pipeline)
    return ModelInfo(
        model_id=model_id,
        device=product_name(device),
        steps=defaults.steps,
        guidance_scale=defaults.guidance_scale,
        width=defaults.width,
        height=defaults.height,
        batch_size=_GPU_BATCH if device == "cuda" else 1,
        tiny_decoder="Tiny" in type(pipeline.vae).__name__,
        safety_checker=getattr(pipeline, "safety_checker", None) is not None,
    )


def _own_defaults(pipeline: DiffusionPipeline) -> ModelDefaults:
    """Read what a pipeline without published defaults was trained for."""
    denoiser = getattr(pipeline, "unet", None) or getattr(pipeline, "transformer", None)
    latents = getattr(denoiser.config, "sample_size", None) if denoiser else None
    side = latents * pipeline.vae_scale_factor if isinstance(latents, int) else _USUAL_SIDE
    guidance = inspect.signature(pipeline.__call__).parameters["guidance_scale"].default
    return ModelDefaults(
        steps=_USUAL_STEPS, guidance_scale=float(guidance), width=side, height=side
    )
