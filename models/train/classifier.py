"""The judge: a classifier that learns from the renderer's pictures what they show."""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documents use
from rich.progress import Progress
from torch import Tensor, nn

from models.train.dataset import CHUNK, Dataset, labels
from models.train.loop import Loop
from models.train.vocabulary import COLOURS, SETTINGS, STYLES, SUBJECTS, Scene

ANSWERS = (len(SUBJECTS), len(COLOURS), len(SETTINGS), len(STYLES))
BATCH = 64
SHRINK = 4  # the judge looks at 64 x 64 pixels


class Classifier(nn.Module):
    """Scores for subject, colour, setting and style of pictures (count, 3, 64, 64) in -1..1."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for into, out in ((3, 24), (24, 48), (48, 96), (96, 128)):
            layers += [
                nn.Conv2d(into, out, 3, padding=1),
                nn.GroupNorm(8, out),
                nn.SiLU(),
                nn.MaxPool2d(2),
            ]
        self.layers = nn.Sequential(
            *layers,
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(128 * 16, 128),
            nn.SiLU(),
            nn.Linear(128, sum(ANSWERS)),
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Score each of the four questions, one table for each."""
        return self.layers(pictures).split(ANSWERS, 1)


def small(pictures: np.ndarray) -> Tensor:
    """Shrink pictures (count, 256, 256, 3) uint8 to what the judge sees: (count, 3, 64, 64)."""
    pixels = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float()
    return F.avg_pool2d(pixels, SHRINK).div(127.5).sub(1)


def train_classifier(loop: Loop, dataset: Dataset, progress: Progress) -> nn.Module:
    """Train the loop's `Classifier` on the training pictures."""
    answers = torch.from_numpy(labels(dataset.scenes))[:, :4]
    device = next(loop.module.parameters()).device

    @cache  # not before the first step: a finished judge needs no pictures
    def pictures() -> Tensor:
        starts = range(0, dataset.training, CHUNK)
        return torch.cat([small(dataset.pictures[i : i + CHUNK]).half() for i in starts])

    def loss_of(step: int) -> Tensor:
        random = np.random.default_rng((loop.seed, step))
        chosen = torch.from_numpy(random.integers(dataset.training, size=BATCH))
        seen = pictures()[chosen].to(device).float()
        if step % 2:  # half of the time slightly out of focus
            seen = F.interpolate(F.avg_pool2d(seen, 2), scale_factor=2, mode="bilinear")
        seen = seen + torch.randn_like(seen) * 0.05
        right = answers[chosen].to(device)
        return sum(F.cross_entropy(s, right[:, i]) for i, s in enumerate(loop.module(seen)))

    return loop.run(loss_of, progress)


@torch.no_grad()
def accuracy(classifier: nn.Module, pictures: np.ndarray, scenes: list[Scene]) -> list[float]:
    """Return the shares of pictures whose subject, colour, setting and style are recognised."""
    right = torch.from_numpy(labels(tuple(scenes)))[:, :4]
    starts = range(0, len(pictures), BATCH)
    scores = [classifier(small(pictures[start : start + BATCH])) for start in starts]
    guesses = torch.stack([torch.cat(part).argmax(1) for part in zip(*scores, strict=True)], 1)
    return (guesses == right).float().mean(0).tolist()
