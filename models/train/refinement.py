"""Pair generated latents with rendered pictures, as training data for refining the decoder.

A scene has few compositions, so the target of generated latents is the rendering nearest to them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from rich.progress import Progress
from torch import Tensor

from models.train.canvas import PIXELS
from models.train.captions import plain_prompt
from models.train.decoder import Examples
from models.train.device import half_precision
from models.train.latents import CHANNELS, GRID, PatchBasis
from models.train.package import GUIDANCE, STEPS
from models.train.render import compositions, render
from models.train.vocabulary import Scene

BATCH = 25


def generate_pairs(
    folder: Path,
    pipeline: Any,  # diffusers leaves the types of a pipeline's call open
    basis: PatchBasis,
    scenes: Sequence[Scene],
    progress: Progress,
) -> Examples:
    """Generate latents of each scene; return them with the rendered pictures nearest to them.

    Both are kept in the folder: a later call generates only what is missing.
    """
    count = len(scenes)
    pictures = _open(folder / "generated.npy", np.uint8, (count, PIXELS, PIXELS, 3))
    latents = _open(folder / "generated-latents.npy", np.float32, (count, CHANNELS, GRID, GRID))
    pipeline.set_progress_bar_config(disable=True)
    for start in progress.track(range(0, count, BATCH), description="generate"):
        batch = slice(start, start + BATCH)
        if not latents[batch].any(axis=(1, 2, 3)).all():
            generated = _generate_latents(pipeline, scenes[batch], start)
            pictures[batch] = [
                nearest_rendering(scene, latent, basis)
                for scene, latent in zip(scenes[batch], generated, strict=True)
            ]
            latents[batch] = generated.numpy()
    return Examples(pictures, torch.from_numpy(np.array(latents)))


def _open(path: Path, kind: type[np.generic], shape: tuple[int, ...]) -> np.ndarray:
    if not path.exists():
        open_memmap(path, "w+", kind, shape).flush()
    return open_memmap(path, "r+")


def _generate_latents(pipeline: Any, scenes: Sequence[Scene], seed: int) -> Tensor:
    """Generate as a worker does, up to the latents; the first picture's number is the seed."""
    numbers = range(seed, seed + len(scenes))
    with half_precision(pipeline.device):
        result = pipeline(
            [plain_prompt(scene) for scene in scenes],
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            generator=[torch.Generator().manual_seed(number) for number in numbers],
            output_type="latent",
        )
    latents: Tensor = result.images.float().cpu()
    return latents


def nearest_rendering(scene: Scene, generated: Tensor, basis: PatchBasis) -> np.ndarray:
    """Render the scene in the composition whose latents are nearest to the generated ones."""
    rendered = np.stack([render(scene, composition) for composition in compositions()])
    distances = (basis.encode(rendered) - generated).square().mean(dim=(1, 2, 3))
    picture: np.ndarray = rendered[int(distances.argmin())]
    return picture
