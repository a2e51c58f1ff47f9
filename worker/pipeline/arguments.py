"""Translate generation parameters to the keyword arguments that a pipeline's signature has.

A new parameter needs a field in wire/messages/parameters.py and its argument here.
"""

import inspect
from itertools import count
from typing import Any

import torch

from wire.messages.parameters import GenerationParameters
from worker.generator import PictureRequest
from worker.pipeline.embeddings import EmbeddingCache, embedding_arguments
from worker.pipeline.families import family_of
from worker.pipeline.image_to_image import fit, image_pipeline_class
from worker.pipeline.prompts import reads_chunks

_SHARED = {"width": "width", "height": "height", "steps": "num_inference_steps"}
"""Arguments with one value for all pictures of a call, by the parameter's name."""


def accepted(pipeline: Any) -> tuple[str, ...]:
    """Return the names of the parameters that a pipeline's call has arguments for."""
    arguments: dict[str, str | None] = {
        "prompt": "prompt",
        "negative_prompt": _negative_prompt_argument(pipeline),
        **_SHARED,
        "guidance_scale": guidance_argument(pipeline),
        "seed": "generator",
    }
    names = tuple(name for name, argument in arguments.items() if argument in _taken(pipeline))
    return (*names, "init_image", "strength") if image_pipeline_class(pipeline) else names


def keyword_arguments(
    pipeline: Any,
    requests: list[PictureRequest],
    chunks: int = 1,
    cache: EmbeddingCache | None = None,
) -> dict[str, Any]:
    """Return the arguments of a call that generates one picture for each request.

    ``chunks`` is the number of chunks of the prompts, see worker.pipeline.prompts; ``cache`` keeps
    their embeddings.
    """
    cache = cache or EmbeddingCache()
    first = requests[0].parameters
    arguments = {
        **_prompt_arguments(pipeline, [request.parameters for request in requests], chunks, cache),
        **{argument: getattr(first, name) for name, argument in _SHARED.items()},
        guidance_argument(pipeline) or "": first.guidance_scale,
        "generator": [_random_generator(request.parameters.seed or 0) for request in requests],
        "output_type": _output_type(pipeline),
        "max_area": (first.width or 0) * (first.height or 0) or None,
        **_init_image_arguments(pipeline, requests),
    }
    taken = _taken(pipeline)
    given = {
        name: value for name, value in arguments.items() if name in taken and value is not None
    }
    return {**given, **family_of(type(pipeline).__name__).arguments}


def guidance_argument(pipeline: Any) -> str | None:
    """Return the argument for the guidance scale, None if the model has none.

    ``true_cfg_scale`` is classifier-free guidance; beside it, ``guidance_scale`` is an input of
    models that were distilled from it, which have an embedding for it. Pipelines with a prior
    guide that.
    """
    taken = _taken(pipeline)
    names: tuple[str, ...] = ("guidance_scale", "prior_guidance_scale")
    if "true_cfg_scale" in taken and not _embeds_guidance(pipeline):
        names = ("true_cfg_scale",)
    return next((name for name in names if name in taken), None)


def _negative_prompt_argument(pipeline: Any) -> str | None:
    """Return None for distilled guidance, during which a negative prompt has no effect."""
    distilled = "true_cfg_scale" in _taken(pipeline) and _embeds_guidance(pipeline)
    return None if distilled else "negative_prompt"


def _embeds_guidance(pipeline: Any) -> bool:
    transformer = getattr(pipeline, "transformer", None)
    return bool(transformer is not None and transformer.config.get("guidance_embeds"))


def _prompt_arguments(
    pipeline: Any, parameters: list[GenerationParameters], chunks: int, cache: EmbeddingCache
) -> dict[str, Any]:
    prompts = [each.prompt for each in parameters]
    negatives = [each.negative_prompt for each in parameters]
    if reads_chunks(pipeline):
        loras = parameters[0].loras
        return embedding_arguments(pipeline, prompts, negatives, chunks, cache, loras)
    if negatives[0] is not None:
        return {"prompt": prompts, "negative_prompt": negatives}
    # Some pipelines guide only if they get a negative prompt; so does the example of
    # https://huggingface.co/Qwen/Qwen-Image.
    guided = guidance_argument(pipeline) == "true_cfg_scale"
    guided = guided and (parameters[0].guidance_scale or 0) > 1
    return {"prompt": prompts, "negative_prompt": [" "] * len(prompts) if guided else None}


def _init_image_arguments(pipeline: Any, requests: list[PictureRequest]) -> dict[str, Any]:
    argument = inspect.signature(pipeline.__call__).parameters.get("strength")
    images = [fit(request.init_image, request.parameters) for request in requests]
    if argument is None or images[0] is None:
        return {}
    first = requests[0].parameters
    strength = first.strength or argument.default
    return {
        "image": images,
        "strength": strength,
        "num_inference_steps": _enough_steps(first.steps or 1, strength),
    }


def _enough_steps(steps: int, strength: float) -> int:
    """Return a number of steps of which the pipeline does at least one."""
    return next(enough for enough in count(steps) if int(enough * strength) >= 1)


def _output_type(pipeline: Any) -> str:
    """Return tensors, which stay on the device, if the pipeline brings them to 0 to 1.

    Those without an image processor, such as DeepFloyd IF and Kandinsky, do so for arrays only,
    and IF checks the safety of those only.
    """
    return "pt" if getattr(pipeline, "image_processor", None) else "np"


def _random_generator(seed: int) -> torch.Generator:
    # Always on the CPU, so that a seed gives the same picture on every device.
    return torch.Generator("cpu").manual_seed(seed)


def _taken(pipeline: Any) -> frozenset[str]:
    return frozenset(inspect.signature(pipeline.__call__).parameters)
