"""Latents without a learned encoder: the principal components of 16 x 16 patches.

A patch of a picture has 768 numbers; 32 of its components hold most of what the eye sees. They
take seconds to compute, and the decoder learns the rest.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from models.train.canvas import PIXELS
from models.train.checkpoint import write_checkpoint
from models.train.render import PATCH

CHANNELS = 32
GRID = PIXELS // PATCH
# Flattens the components' scales, so that small ones are learned too: deviation ** 0.4 is left.
FLATTEN = -0.6


@dataclass(frozen=True, slots=True)
class PatchBasis:
    """`mean` (768,) and `axes` (768, 32): latent = (patch - mean) @ axes."""

    mean: Tensor
    axes: Tensor

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        return cls(**torch.load(path, weights_only=True))

    def save(self, path: Path) -> None:
        """Write the basis to a file."""
        write_checkpoint({"mean": self.mean, "axes": self.axes}, path)

    def encode(self, pictures: np.ndarray) -> Tensor:
        """Return latents (count, 32, 16, 16) of pictures (count, 256, 256, 3) uint8."""
        return torch.cat(
            [self._encode(pictures[i : i + 200]) for i in range(0, len(pictures), 200)]
        )

    def _encode(self, pictures: np.ndarray) -> Tensor:
        codes = (patches(pictures) - self.mean) @ self.axes
        return codes.view(-1, GRID, GRID, CHANNELS).permute(0, 3, 1, 2).contiguous()


def patches(pictures: np.ndarray) -> Tensor:
    """Cut pictures into patches (count * 256, 768), floats in -1..1."""
    pixels = torch.from_numpy(np.array(pictures)).float().div(127.5).sub(1)
    pixels = pixels.view(-1, GRID, PATCH, GRID, PATCH, 3).permute(0, 1, 3, 2, 4, 5)
    return pixels.reshape(-1, PATCH * PATCH * 3)


def fit_basis(pictures: np.ndarray) -> PatchBasis:
    """Fit the basis of these pictures, scaled so that the latents' overall deviation is 1."""
    sums, squares, count = torch.zeros(768), torch.zeros(768, 768), 0
    for start in range(0, len(pictures), 200):
        batch = patches(pictures[start : start + 200])
        sums += batch.sum(0)
        squares += batch.T @ batch
        count += len(batch)
    mean = sums / count
    variances, axes = torch.linalg.eigh(squares / count - mean[:, None] * mean[None])
    deviations = variances.flip(0)[:CHANNELS].clamp(min=1e-9).sqrt()
    scaled = axes.flip(1)[:, :CHANNELS] * deviations**FLATTEN
    overall = (deviations ** (2 + 2 * FLATTEN)).mean().sqrt()
    return PatchBasis(mean, scaled / overall)
