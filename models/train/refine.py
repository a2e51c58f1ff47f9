"""The decoder's last lesson: to paint clean edges from what the UNet makes, not from the truth."""

from itertools import pairwise

import torch
from diffusers import UNet2DConditionModel
from rich.progress import Progress
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from models.train.captions import plain_prompt
from models.train.dataset import VALIDATION, Dataset
from models.train.device import half_precision
from models.train.text import tokenize
from models.train.unet import TIMES

START = 0.6  # share of noise: the composition survives it, the details are the UNet's own
STEPS = 4
BATCH = 64


def first_pictures(dataset: Dataset, count: int) -> Dataset:
    """Cut the training set down to its first `count` pictures."""
    kept = count + VALIDATION
    return Dataset(dataset.pictures[:kept], dataset.scenes[:kept])


def repaint(
    unet: UNet2DConditionModel,
    text_encoder: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    dataset: Dataset,
    latents: Tensor,
    progress: Progress,
) -> Tensor:
    """Return the training pictures' latents as the UNet would have made them."""
    told = [plain_prompt(scene) for scene in dataset.scenes[: dataset.training]]
    repainted = []
    for start in progress.track(range(0, len(told), BATCH), description="repaint"):
        chosen = slice(start, min(start + BATCH, len(told)))
        states = text_encoder(tokenize(tokenizer, told[chosen]).to(unet.device))
        repainted.append(
            _denoise(unet, latents[chosen].to(unet.device), states.last_hidden_state).cpu()
        )
    return torch.cat(repainted)


@torch.no_grad()
def _denoise(unet: UNet2DConditionModel, clean: Tensor, told: Tensor) -> Tensor:
    mixed = (1 - START) * clean + START * torch.randn_like(clean)
    for share, smaller in pairwise(torch.linspace(START, 0, STEPS + 1).tolist()):
        with half_precision(unet.device):
            pointed = unet(mixed, share * TIMES, told).sample.float()
        mixed = mixed + (smaller - share) * pointed
    return mixed
