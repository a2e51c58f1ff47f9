"""Derive what a loaded pipeline accepts, from its signature and its configuration."""

import inspect
from math import lcm
from typing import Any

from core.errors import MessageError, ModelUnavailable
from core.model_defaults import MAX_STEPS, ModelDefaults
from wire.messages.job import validate
from wire.messages.model import ModelCapabilities, require_accepted
from wire.messages.parameters import GenerationParameters
from worker.pipeline import arguments, loras, prompts, schedulers
from worker.pipeline.distilled import (
    denoiser_config,
    distilled_guidance,
    distilled_steps,
    has_guidance_input,
    ignores_guidance,
)
from worker.pipeline.families import family_of
from worker.pipeline.image_to_image import image_pipeline_class

_FALLBACK_STEPS = 25
_FALLBACK_SIDE = 512
_NO_GUIDANCE = 1.0
_SIDE_MULTIPLE = 8
"""Sizes of jobs are multiples of this many pixels, whatever the model."""
_MIN_SIDE, _MAX_SIDE = 64, 2048


def derive(
    pipeline: Any,
    model_id: str,
    defaults: ModelDefaults | None = None,
    lora_names: tuple[str, ...] = (),
) -> ModelCapabilities:
    """Return the capabilities of a pipeline; ``defaults`` override its own.

    Raises ModelUnavailable for defaults that the pipeline does not accept.
    """
    scheduler_names = schedulers.available(pipeline)
    lora_names = lora_names if loras.supported(pipeline) else ()
    accepts = _accepted(pipeline, scheduler_names, lora_names)
    values = _own_defaults(pipeline)
    if defaults:
        known = {"steps", "guidance_scale", "width", "height"}
        values |= defaults.model_dump(include=known)
    multiple = _size_multiple(pipeline)
    model = ModelCapabilities(
        model_id=model_id,
        family=type(pipeline).__name__,
        accepts=accepts,
        defaults={name: value for name, value in values.items() if name in accepts},
        size_multiple=multiple,
        min_side=-(-_MIN_SIDE // multiple) * multiple,
        max_side=_MAX_SIDE // multiple * multiple,
        max_steps=_max_steps(pipeline),
        max_prompt_tokens=prompts.max_tokens(pipeline),
        schedulers=scheduler_names,
        loras=lora_names,
    )
    _require_usable_defaults(model)
    return model


def _require_usable_defaults(model: ModelCapabilities) -> None:
    try:
        require_accepted(model, validate(GenerationParameters, {"prompt": "x", **model.defaults}))
    except MessageError as error:
        raise ModelUnavailable(
            f"The defaults of {model.model_id} cannot be used: {error} Check its defaults.json."
        ) from None


def default_side(pipeline: Any) -> int:
    """Return the width and height that a pipeline generates by itself, in pixels."""
    argument = _signature(pipeline).get("height")
    side = family_of(type(pipeline).__name__).side or (argument and argument.default)
    if not isinstance(side, int):
        side = _latent_side(pipeline) * _pixels_per_sample(pipeline)
    return min(max(side or _FALLBACK_SIDE, _MIN_SIDE), _MAX_SIDE)


def _signature(pipeline: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(pipeline.__call__).parameters)


def _accepted(
    pipeline: Any, scheduler_names: tuple[str, ...], lora_names: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the names of the parameters that change this model's pictures."""
    ignored = set() if _takes_guidance(pipeline) else {"guidance_scale"}
    chosen = {"scheduler": scheduler_names, "loras": lora_names}
    names = [name for name in arguments.accepted(pipeline) if name not in ignored]
    return (*names, *(name for name, values in chosen.items() if values))


def _takes_guidance(pipeline: Any) -> bool:
    """Return whether guidance changes the picture; FLUX.1-schnell has it as an argument only."""
    argument = arguments.guidance_argument(pipeline)
    return argument is not None and not (
        argument == "guidance_scale" and ignores_guidance(pipeline)
    )


def _own_defaults(pipeline: Any) -> dict[str, int | float | str]:
    multiple = _size_multiple(pipeline)
    side = max(default_side(pipeline) // multiple, 1) * multiple
    return {
        "steps": _default_steps(pipeline),
        "guidance_scale": _default_guidance(pipeline),
        "width": side,
        "height": side,
        **_default_strength(pipeline),
    }


def _default_steps(pipeline: Any) -> int:
    # Qwen-Image 2.1 is published with the noise level of each step.
    sigmas = pipeline.config.get("sample_sigmas")
    argument = _signature(pipeline).get("num_inference_steps")
    own = argument.default if argument and isinstance(argument.default, int) else _FALLBACK_STEPS
    steps = (len(sigmas) if sigmas else None) or distilled_steps(pipeline) or own
    return min(steps, _max_steps(pipeline))


def _default_guidance(pipeline: Any) -> float:
    own = family_of(type(pipeline).__name__).guidance_scale or _NO_GUIDANCE
    if distilled_steps(pipeline) and not has_guidance_input(pipeline):
        return distilled_guidance(pipeline)
    argument = _signature(pipeline).get(arguments.guidance_argument(pipeline) or "")
    value = argument.default if argument else None
    return float(value) if isinstance(value, int | float) else own


def _default_strength(pipeline: Any) -> dict[str, float]:
    found = image_pipeline_class(pipeline)
    if found is None:
        return {}
    return {"strength": inspect.signature(found.__call__).parameters["strength"].default}


def _latent_side(pipeline: Any) -> int:
    """Return the samples per side that the denoiser was trained on; 0 if unknown."""
    own = getattr(pipeline, "default_sample_size", None)
    side = own or denoiser_config(pipeline).get("sample_size") or 0
    return int(side[0] if isinstance(side, list | tuple) else side)


def _pixels_per_sample(pipeline: Any) -> int:
    # PRX counts its default in pixels, and some pipelines denoise pixels.
    if "default_sample_size" in pipeline.config or not _decoder_scale(pipeline):
        return 1
    return _decoder_scale(pipeline)


def _decoder_scale(pipeline: Any) -> int:
    scale = getattr(pipeline, "vae_scale_factor", None)
    return scale if isinstance(scale, int) else 0


def _size_multiple(pipeline: Any) -> int:
    """Return the pixels per patch: the decoder's scale times the denoiser's patch size."""
    sizes = (denoiser_config(pipeline).get("patch_size"), getattr(pipeline, "patch_size", None))
    patch = max((size for size in sizes if isinstance(size, int)), default=1)
    if hasattr(pipeline, "_pack_latents") or hasattr(pipeline, "_patchify_latents"):
        patch = max(patch, 2)  # Flux and its kin pack 2 x 2 latents into one token
    own = family_of(type(pipeline).__name__).size_multiple or _decoder_scale(pipeline) * patch
    return lcm(_SIDE_MULTIPLE, own or 1)


def _max_steps(pipeline: Any) -> int:
    """Return the step limit; consistency models choose from the steps of their teacher."""
    limit = pipeline.scheduler.config.get("original_inference_steps")
    return min(limit, MAX_STEPS) if isinstance(limit, int) else MAX_STEPS
