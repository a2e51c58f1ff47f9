"""Generate with a loaded text-to-image pipeline of diffusers."""

from collections.abc import Callable
from typing import Any

import torch

from core.errors import GenerationFailed, first_line
from worker.generator import (
    DeviceLost,
    GeneratedPicture,
    Interrupted,
    ModelInfo,
    OutOfMemory,
    PictureRequest,
    Pixels,
)

_OUT_OF_MEMORY_MESSAGES = ("out of memory", "can't allocate memory")


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
                f"The device {self.model.device} failed: {first_line(error)}"
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
    return GenerationFailed(f"The model failed: {first_line(error)}")
