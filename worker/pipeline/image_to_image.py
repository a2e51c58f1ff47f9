"""The pipeline that starts from an initial picture, made of a loaded pipeline's components."""

import inspect
from typing import Any

import cv2
from diffusers import AutoPipelineForImage2Image
from diffusers.pipelines.auto_pipeline import (
    AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
    _get_task_class,
)
from PIL import Image

from wire.messages.parameters import GenerationParameters
from worker.generator import Pixels


def image_pipeline_class(pipeline: Any) -> Any | None:
    """Return the class that changes a picture with some strength, None if there is none.

    Classes without ``strength`` edit a picture, or generate another one after its example.
    """
    name = type(pipeline).__name__
    found = _get_task_class(AUTO_IMAGE2IMAGE_PIPELINES_MAPPING, name, False)
    takes = inspect.signature(found.__call__).parameters if found else {}
    return found if {"image", "strength"} <= set(takes) and _can_encode(pipeline) else None


def _can_encode(pipeline: Any) -> bool:
    """Return whether the VAE has an encoder; that of the bundled model is a stub of no blocks."""
    vae = getattr(pipeline, "vae", None)
    return vae is None or any(vae.config.get("num_encoder_blocks", (1,)))


def image_pipeline(pipeline: Any) -> Any:
    """Return a pipeline that starts from a picture; it shares the memory of the loaded one."""
    shared = AutoPipelineForImage2Image.from_pipe(pipeline)
    shared.set_progress_bar_config(disable=True)
    return shared


def fit(pixels: Pixels | None, parameters: GenerationParameters) -> Image.Image | None:
    """Resize an initial picture to the size of the picture to generate."""
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    size = (parameters.width or width, parameters.height or height)
    shrinks = size[0] * size[1] < width * height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return Image.fromarray(cv2.resize(pixels, size, interpolation=method))
