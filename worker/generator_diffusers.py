"""Generate with a text-to-image pipeline of diffusers, from a folder or the hub."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline
from diffusers.utils.logging import disable_progress_bar

from core.errors import GenerationFailed, ModelUnavailable
from core.model_defaults import ModelDefaults, read_model_defaults
from wire.messages.model import ModelCapabilities
from worker.device import choose_device, gpu_uuid, product_name
from worker.generator import (
    DeviceLost,
    GeneratedPicture,
    Interrupted,
    ModelInfo,
    OutOfMemory,
    PictureRequest,
    Pixels,
)

_GPU_BATCH_SIZE = 4
_DEFAULT_STEPS = 25
_DEFAULT_SIDE = 512
_OUT_OF_MEMORY_MESSAGES = ("out of memory", "can't allocate memory")


def load(model_id: str, device: str | None) -> "DiffusersGenerator":
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
    return DiffusersGenerator(pipeline, _model_info(pipeline, model_id, device, defaults))


class DiffusersGenerator:
    """Generates with a loaded pipeline; see worker.generator.Generator."""

    # diffusers publishes no types, and each pipeline class has its own methods: hence Any.
    def __init__(self, pipeline: Any, model: ModelInfo) -> None:
        self._pipeline = pipeline
        self.model = model

    def generate(
        self,
        requests: list[PictureRequest],
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> list[GeneratedPicture]:
        """Return one picture for each request."""
        try:
            return self._call_pipeline(requests, on_step, should_stop)
        except (Interrupted, GenerationFailed):
            raise
        except torch.AcceleratorError as error:
            raise DeviceLost(
                f"The device {self.model.device} failed: {_first_line(error)}"
            ) from None
        except Exception as error:
            raise _translate(error) from error

    def _call_pipeline(
        self,
        requests: list[PictureRequest],
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> list[GeneratedPicture]:
        parameters = [request.parameters for request in requests]
        first = parameters[0]

        def after_step(_pipeline: Any, index: int, _timestep: Any, tensors: Any) -> Any:
            # Some schedulers call the model twice per step.
            on_step(min(index + 1, first.steps or 0))
            if should_stop():
                raise Interrupted
            return tensors

        with torch.inference_mode():
            pictures = self._pipeline(
                prompt=[each.prompt for each in parameters],
                width=first.width,
                height=first.height,
                num_inference_steps=first.steps,
                guidance_scale=first.guidance_scale,
                generator=[_random_generator(each.seed or 0) for each in parameters],
                output_type="pt",
                callback_on_step_end=after_step,
            ).images
            return [GeneratedPicture(pixels) for pixels in _to_pixels(pictures)]


def _random_generator(seed: int) -> torch.Generator:
    # Always on the CPU, so that a seed gives the same picture on every device.
    return torch.Generator("cpu").manual_seed(seed)


def _to_pixels(pictures: torch.Tensor) -> list[Pixels]:
    """Convert n x 3 x height x width from 0 to 1 to n arrays of height x width x 3."""
    if not torch.isfinite(pictures).all():
        raise GenerationFailed("The model's output is not finite, so there is no picture.")
    as_bytes = (pictures * 255).round().to(torch.uint8)
    return list(as_bytes.permute(0, 2, 3, 1).contiguous().cpu().numpy())


def _translate(error: Exception) -> GenerationFailed:
    if isinstance(error, torch.OutOfMemoryError) or any(
        message in str(error) for message in _OUT_OF_MEMORY_MESSAGES
    ):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return OutOfMemory("The device has too little memory for a picture of this size.")
    return GenerationFailed(f"The model failed: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    """Return the first line of an error message."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]


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
                reason = _first_line(error)
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
        gpu_uuid=gpu_uuid(device),
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
