"""What the UNet paints from nothing, each beside the picture that it should have been.

A scene has few compositions, so the one that the UNet painted can be found: it is the nearest.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
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


def paint_pairs(
    folder: Path,
    pipeline: StableDiffusionPipeline,
    basis: PatchBasis,
    scenes: Sequence[Scene],
    progress: Progress,
) -> Examples:
    """Paint each scene; return the painted latents, each with its rendered picture.

    Both lie in the folder: what is there already is not painted again.
    """
    pictures = _open(folder / "painted.npy", np.uint8, (len(scenes), PIXELS, PIXELS, 3))
    latents = _open(folder / "painted-latents.npy", np.float32, (len(scenes), CHANNELS, GRID, GRID))
    pipeline.set_progress_bar_config(disable=True)
    for start in progress.track(range(0, len(scenes), BATCH), description="paint"):
        chosen = slice(start, start + BATCH)
        if not latents[chosen].any(axis=(1, 2, 3)).all():
            painted = _paint(pipeline, scenes[chosen], start)
            pictures[chosen] = [
                nearest_rendering(scene, code, basis)
                for scene, code in zip(scenes[chosen], painted, strict=True)
            ]
            latents[chosen] = painted.numpy()
    return Examples(pictures, torch.from_numpy(np.array(latents)))


def _open(path: Path, kind: type, shape: tuple[int, ...]) -> np.ndarray:
    if not path.exists():
        open_memmap(path, "w+", kind, shape).flush()
    return open_memmap(path, "r+")


def _paint(pipeline: StableDiffusionPipeline, scenes: Sequence[Scene], seed: int) -> Tensor:
    """Paint as a worker does, up to the latents; the first picture's number is the seed."""
    numbers = range(seed, seed + len(scenes))
    with half_precision(pipeline.device):
        painted = pipeline(
            [plain_prompt(scene) for scene in scenes],
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            generator=[torch.Generator().manual_seed(number) for number in numbers],
            output_type="latent",
        )
    return painted.images.float().cpu()


def nearest_rendering(scene: Scene, painted: Tensor, basis: PatchBasis) -> np.ndarray:
    """Render the scene's composition whose latents are nearest to the painted ones."""
    rendered = np.stack([render(scene, composition) for composition in compositions()])
    distances = (basis.encode(rendered) - painted).square().mean(dim=(1, 2, 3))
    return rendered[int(distances.argmin())]
