"""The UNet: a rectified flow from noise to latents, told what to paint by the text encoder."""

from dataclasses import dataclass

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from rich.progress import Progress
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from models.train.captions import caption
from models.train.dataset import Dataset
from models.train.device import half_precision
from models.train.latents import CHANNELS, GRID
from models.train.loop import Loop
from models.train.text import WIDTH, tokenize

UNTOLD = 0.08  # share of captions left out, which guidance needs
TIMES = 1000  # diffusers counts noise from 0 to 1000


def new_unet(widths: tuple[int, int, int]) -> UNet2DConditionModel:
    """Build three levels: 16, 8 and 4 latents a side.

    The caption is attended to in the lower two levels, and pooled with the time in all.
    """
    unet = UNet2DConditionModel(
        sample_size=GRID,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        block_out_channels=widths,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
    )
    # With so few latents, plain attention is faster to train than torch's fused kernel on a CPU.
    unet.set_attn_processor(AttnProcessor())
    return unet


@dataclass(frozen=True, slots=True)
class UNetLesson:
    """What the UNet learns from: latents with their scenes, and who reads the captions."""

    dataset: Dataset
    latents: Tensor
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    batch: int

    def draw(self, seed: int, step: int) -> tuple[Tensor, Tensor]:
        """Return a step's latents and the text encoder's states (count, 24, 128)."""
        random = np.random.default_rng((seed, step))
        chosen = _batch(self.dataset.training, self.batch, seed, step)
        captions = [_caption(self.dataset, number, random) for number in chosen]
        ids = tokenize(self.tokenizer, captions).to(self.text_encoder.device)
        with torch.no_grad():
            return self.latents[torch.from_numpy(chosen)], self.text_encoder(ids).last_hidden_state


def train_unet(loop: Loop, lesson: UNetLesson, progress: Progress) -> nn.Module:
    """Train the loop's UNet to point from the picture to the noise (`noise - latents`)."""
    device = loop.module.device

    def loss_of(step: int) -> Tensor:
        clean, told = lesson.draw(loop.seed, step)
        clean = clean.to(device, memory_format=torch.channels_last)
        noise, time = torch.randn_like(clean), noise_levels(len(clean)).to(device)
        share = time.view(-1, 1, 1, 1)
        with half_precision(device):
            mixed = (1 - share) * clean + share * noise
            pointed = loop.module(mixed, time * TIMES, told).sample
        return (pointed.float() - (noise - clean)).square().mean()

    return loop.run(loss_of, progress)


def noise_levels(count: int) -> Tensor:
    """Draw shares of noise (0..1): mostly in the middle, where the composition is decided."""
    middle = torch.sigmoid(torch.randn(count) * 1.1 + 0.2)
    return torch.where(torch.rand(count) < 0.25, torch.rand(count), middle)


def _batch(training: int, batch: int, seed: int, step: int) -> np.ndarray:
    """Choose a step's pictures: each comes once per pass, in an order of its own."""
    epoch, place = divmod(step * batch, training - batch)
    return np.random.default_rng((seed, epoch)).permutation(training)[place : place + batch]


def _caption(dataset: Dataset, number: int, random: np.random.Generator) -> str:
    return "" if random.random() < UNTOLD else caption(dataset.scenes[number], random)
