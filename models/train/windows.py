"""Windows: parts of pictures, mostly where their edges are, for training the decoder.

The decoder's last layers are most of its work, so only the first ones see the whole picture in
training. They need to: a setting's skyline is told by what is around it.
"""

import numpy as np
import torch
from torch import Tensor, nn

from models.train.canvas import PIXELS

CELL = 8  # pixels per side of a cell of the features that are cut
CELLS = PIXELS // CELL
SIDE = 16  # cells per side of a window: 128 pixels
PLAIN = 0.5  # how often plain windows are chosen: their share of the mean window's edges
BORDER = 5.0  # how much oftener a window lies at the border, which few windows reach

Corner = tuple[int, int]


def choose_corner(picture: np.ndarray, random: np.random.Generator) -> Corner:
    """Choose a window (its upper left cell) of a picture (256, 256, 3) uint8, by its edges."""
    grey = picture.astype(np.float32).sum(2)
    edges = np.abs(np.diff(grey, axis=0, append=grey[-1:]))
    edges += np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    cells = edges.reshape(CELLS, CELL, CELLS, CELL).sum((1, 3))
    sums = np.pad(cells, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    within = sums[SIDE:, SIDE:] - sums[:-SIDE, SIDE:] - sums[SIDE:, :-SIDE] + sums[:-SIDE, :-SIDE]
    reach = np.ones(len(within))
    reach[[0, -1]] = BORDER
    weights = (within + PLAIN * within.mean() + 1) * np.outer(reach, reach)
    chosen = int(random.choice(weights.size, p=weights.ravel() / weights.sum()))
    return divmod(chosen, len(within))


def cut_pixels(picture: np.ndarray, corner: Corner) -> np.ndarray:
    """Cut the window out of a picture: (128, 128, 3)."""
    row, column = (place * CELL for place in corner)
    return picture[row : row + SIDE * CELL, column : column + SIDE * CELL]


def paint_windows(decoder: nn.Module, codes: Tensor, corners: list[Corner]) -> Tensor:
    """Decode latents (count, 32, 16, 16) to windows (count, 3, 128, 128) in -1..1."""
    halves = [place for place, layer in enumerate(decoder.layers) if isinstance(layer, nn.Upsample)]
    features = decoder.layers[: halves[1]](torch.tanh(codes / 3) * 3)
    cut = [
        feature[:, row : row + SIDE, column : column + SIDE]
        for feature, (row, column) in zip(features, corners, strict=True)
    ]
    stacked = torch.stack(cut).contiguous(memory_format=torch.channels_last)
    return decoder.layers[halves[1] :](stacked).mul(2).sub(1)
