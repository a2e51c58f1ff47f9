"""What no file of a model states, per pipeline class.

Values of single published models are in core.model_defaults. Everything else is derived from
the loaded pipeline, see worker.pipeline.capabilities.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True)
class Family:
    """Facts about a pipeline class. ``None``: as derived from the pipeline."""

    side: int | None = None
    """Width and height that the models were trained on, in pixels."""
    size_multiple: int | None = None
    """Pixels."""
    dtype: str | None = None
    """Numbers to compute with on a GPU."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the call that make it follow the job's parameters."""
    guidance_scale: float | None = None
    """The default, where the signature has none."""
    batch_size: int | None = None
    """The most pictures per call."""
    package: str | None = None
    """A package that the class imports while it generates, and not before."""


_REQUESTED_SIZE = {"use_resolution_binning": False}
"""Binning takes the nearest size of a list, and only some classes resize the picture back."""

FAMILIES: Final[Mapping[str, Family]] = {
    # diffusers: ``height = height or 1024`` in the call of these pipelines.
    "ZImagePipeline": Family(side=1024, size_multiple=16),
    "ZImageOmniPipeline": Family(side=1024, size_multiple=16),
    # diffusers: ``downscale_height_and_width`` rounds up to the square of the decoder's scale.
    "KandinskyCombinedPipeline": Family(size_multiple=64),
    "KandinskyV22CombinedPipeline": Family(size_multiple=64),
    "Kandinsky3Pipeline": Family(size_multiple=64),
    # huggingface.co/stabilityai/stable-cascade: bfloat16, 1024 pixels, latents of 1/42.67.
    "StableCascadeCombinedPipeline": Family(side=1024, size_multiple=128, dtype="bfloat16"),
    # huggingface.co/warp-ai/wuerstchen: 1024 pixels, latents of 1/42.67.
    "WuerstchenCombinedPipeline": Family(side=1024, size_multiple=128, dtype="float16"),
    # huggingface.co/DeepFloyd/IF-I-XL-v1.0: the fp16 variant; T5 keeps its float32 layers.
    "IFPipeline": Family(dtype="float16"),
    # huggingface.co/Tencent-Hunyuan/HunyuanDiT-Diffusers: float16.
    "HunyuanDiTPipeline": Family(dtype="float16", arguments=_REQUESTED_SIZE),
    "HunyuanDiTPAGPipeline": Family(dtype="float16", arguments=_REQUESTED_SIZE),
    # huggingface.co/PixArt-alpha: float16.
    "PixArtAlphaPipeline": Family(dtype="float16"),
    "PixArtSigmaPipeline": Family(dtype="float16"),
    "PixArtSigmaPAGPipeline": Family(dtype="float16"),
    # diffusers: 7 in 45 steps and 3 in the last 3, a schedule that fits 48 steps only.
    "Ideogram4Pipeline": Family(guidance_scale=7.0, arguments={"guidance_schedule": None}),
    # diffusers 0.42: with guidance, the call has timesteps for one picture only.
    "PRXPipeline": Family(package="ftfy", batch_size=1),
    # Published with safety checker and UNet in float16, as Stable Diffusion.
    "LatentConsistencyModelPipeline": Family(dtype="float16"),
}


def family_of(class_name: str) -> Family:
    """Return the facts of a pipeline class; all unknown for classes without a row."""
    return FAMILIES.get(class_name, Family())
