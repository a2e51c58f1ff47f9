"""The pipeline that starts from an initial picture, made of a loaded pipeline's components."""

import inspect
import re
from typing import Any

import diffusers
from PIL import Image

from wire.messages.parameters import GenerationParameters
from worker.generator import Pixels


def image_pipeline_class(pipeline: Any) -> Any | None:
    """Return the class that changes a picture with some strength, None if there is none.

    Classes without ``strength`` edit a picture, or generate another one after its example.
    The class is found by its name, as diffusers forms it: the table of
    ``AutoPipelineForImage2Image`` names the same classes, but reading it imports every pipeline,
    which takes seconds of each start.
    """
    name = re.sub(r"(Combined)?Pipeline$", r"Img2Img\1Pipeline", type(pipeline).__name__)
    found = getattr(diffusers, name, None)
    takes = inspect.signature(found.__call__).parameters if found else {}
    return found if {"image", "strength"} <= set(takes) and _can_encode(pipeline) else None


def _can_encode(pipeline: Any) -> bool:
    """Return whether the VAE has an encoder; that of the bundled model is a stub of no blocks."""
    vae = getattr(pipeline, "vae", None)
    return vae is None or any(vae.config.get("num_encoder_blocks", (1,)))


def image_pipeline(pipeline: Any) -> Any:
    """Return a pipeline that starts from a picture; it shares the memory of the loaded one."""
    image_class: Any = image_pipeline_class(pipeline)
    available = {**pipeline.config, **pipeline.components}
    taken = inspect.signature(image_class.__init__).parameters
    shared = image_class(**{name: available[name] for name in taken if name in available})
    shared.set_progress_bar_config(disable=True)
    return shared


def fit(pixels: Pixels | None, parameters: GenerationParameters) -> Image.Image | None:
    """Resize an initial picture to the size of the picture to generate."""
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    size = (parameters.width or width, parameters.height or height)
    return Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)
