"""Crops of pictures, mostly where their edges are, for training the decoder.

The decoder's last layers are most of its work, so in training they get crops. The first layers get
the whole picture, because they need the context, as for a setting's skyline.
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from models.train.canvas import PIXELS

CELL = 8  # pixels per side of a cell of the cropped features
CELLS = PIXELS // CELL
SIDE = 16  # cells per side of a crop: 128 pixels
PLAIN_WEIGHT = 0.5  # weight of a crop without edges, relative to the mean crop
BORDER_WEIGHT = 5.0  # relative weight of crops at the border, which few crops reach

Corner = tuple[int, int]


def sample_corner(picture: np.ndarray, random: np.random.Generator) -> Corner:
    """Sample a crop (its upper left cell) of a picture (256, 256, 3) uint8, weighted by edges."""
    grey = picture.astype(np.float32).sum(2)
    edges = np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    edges += np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    cells = edges.reshape(CELLS, CELL, CELLS, CELL).sum((1, 3))
    sums = np.pad(cells, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    within = sums[SIDE:, SIDE:] - sums[:-SIDE, SIDE:] - sums[SIDE:, :-SIDE] + sums[:-SIDE, :-SIDE]
    border = np.ones(len(within))
    border[[0, -1]] = BORDER_WEIGHT
    weights = (within + PLAIN_WEIGHT * within.mean() + 1) * np.outer(border, border)
    index = int(random.choice(weights.size, p=weights.ravel() / weights.sum()))
    return divmod(index, len(within))


def crop_pixels(picture: np.ndarray, corner: Corner) -> np.ndarray:
    """Crop a picture: (128, 128, 3)."""
    row, column = (cell * CELL for cell in corner)
    return picture[row : row + SIDE * CELL, column : column + SIDE * CELL]


def decode_crops(decoder: nn.Module, latents: Tensor, corners: list[Corner]) -> Tensor:
    """Decode latents (count, 32, 16, 16) to crops (count, 3, 128, 128) in -1..1."""
    layers = cast("nn.Sequential", decoder.get_submodule("layers"))
    upsamplings = [index for index, layer in enumerate(layers) if isinstance(layer, nn.Upsample)]
    features = layers[: upsamplings[1]](torch.tanh(latents / 3) * 3)
    crops = [
        feature[:, row : row + SIDE, column : column + SIDE]
        for feature, (row, column) in zip(features, corners, strict=True)
    ]
    stacked = torch.stack(crops).contiguous(memory_format=torch.channels_last)
    pixels: Tensor = layers[upsamplings[1] :](stacked)
    return pixels.mul(2).sub(1)
