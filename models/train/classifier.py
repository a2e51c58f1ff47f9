"""A classifier of pictures, trained on the renderer's; it measures the finished model."""

from functools import cache, reduce

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documents use
from rich.progress import Progress
from torch import Tensor, nn

from models.train.dataset import CHUNK, Dataset, labels
from models.train.loop import TrainingLoop
from models.train.vocabulary import COLOURS, SETTINGS, STYLES, SUBJECTS, Scene

CLASSES = (len(SUBJECTS), len(COLOURS), len(SETTINGS), len(STYLES))
BATCH = 64
DOWNSAMPLING = 4  # the classifier's input has 64 x 64 pixels


class Classifier(nn.Module):
    """Predicts subject, colour, setting and style of pictures (count, 3, 64, 64) in -1..1."""

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
            nn.Linear(128, sum(CLASSES)),
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """Return the logits of subject, colour, setting and style."""
        logits: tuple[Tensor, ...] = self.layers(pictures).split(CLASSES, 1)
        return logits


def downsample(pictures: np.ndarray) -> Tensor:
    """Return the classifier's inputs (count, 3, 64, 64) of pictures (count, 256, 256, 3) uint8."""
    pixels = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float()
    return F.avg_pool2d(pixels, DOWNSAMPLING).div(127.5).sub(1)


def train_classifier(
    loop: TrainingLoop[Classifier], dataset: Dataset, progress: Progress
) -> Classifier:
    """Train the loop's `Classifier` on the training pictures."""
    classes = torch.from_numpy(labels(dataset.scenes))[:, :4]

    @cache  # not before the first step: a finished stage needs no pictures
    def pictures() -> Tensor:
        starts = range(0, dataset.training, CHUNK)
        return torch.cat([downsample(dataset.pictures[i : i + CHUNK]).half() for i in starts])

    def compute_loss(step: int) -> Tensor:
        random = np.random.default_rng((loop.seed, step))
        indices = torch.from_numpy(random.integers(dataset.training, size=BATCH))
        batch = pictures()[indices].to(loop.device).float()
        if step % 2:  # half of the batches are slightly out of focus
            batch = F.interpolate(F.avg_pool2d(batch, 2), scale_factor=2, mode="bilinear")
        batch = batch + torch.randn_like(batch) * 0.05
        targets = classes[indices].to(loop.device)
        losses = [F.cross_entropy(s, targets[:, i]) for i, s in enumerate(loop.module(batch))]
        return reduce(torch.add, losses)

    return loop.run(compute_loss, progress)


@torch.no_grad()
def accuracy(classifier: nn.Module, pictures: np.ndarray, scenes: list[Scene]) -> list[float]:
    """Return the shares of pictures whose subject, colour, setting and style are recognised."""
    targets = torch.from_numpy(labels(tuple(scenes)))[:, :4]
    starts = range(0, len(pictures), BATCH)
    logits = [classifier(downsample(pictures[start : start + BATCH])) for start in starts]
    classes = torch.stack([torch.cat(part).argmax(1) for part in zip(*logits, strict=True)], 1)
    shares: list[float] = (classes == targets).float().mean(0).tolist()
    return shares
