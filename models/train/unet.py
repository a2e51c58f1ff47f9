"""The UNet: a rectified flow from noise to latents, conditioned on the text encoder."""

from dataclasses import dataclass
from typing import Any, cast

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
from models.train.loop import Module, TrainingLoop
from models.train.text import WIDTH, tokenize

CAPTION_DROPOUT = 0.08  # share of captions left out, which guidance needs
NUM_TRAIN_TIMESTEPS = 1000  # diffusers counts noise from 0 to 1000


def build_unet(widths: tuple[int, int, int]) -> nn.Module:
    """Build three levels: 16, 8 and 4 latents a side.

    The caption is attended to in the lower two levels, and pooled with the time in all.
    """
    unet = cast("Any", UNet2DConditionModel)(
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
    module: nn.Module = unet
    return module


@dataclass(frozen=True, slots=True)
class UNetData:
    """Training data of the UNet: latents, their scenes, and the text encoder for captions."""

    dataset: Dataset
    latents: Tensor
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    batch: int

    def sample_batch(self, seed: int, step: int) -> tuple[Tensor, Tensor]:
        """Return a step's latents and the text encoder's states (count, 24, 128)."""
        random = np.random.default_rng((seed, step))
        indices = _batch_indices(self.dataset.training, self.batch, seed, step)
        captions = [_caption(self.dataset, index, random) for index in indices]
        ids = tokenize(self.tokenizer, captions).to(self.text_encoder.device)
        with torch.no_grad():
            return self.latents[torch.from_numpy(indices)], self.text_encoder(ids).last_hidden_state


def train_unet(loop: TrainingLoop[Module], data: UNetData, progress: Progress) -> Module:
    """Train the loop's UNet to predict the velocity from picture to noise (`noise - latents`)."""
    device = loop.device

    def compute_loss(step: int) -> Tensor:
        clean, prompt_embeds = data.sample_batch(loop.seed, step)
        clean = clean.to(device, memory_format=torch.channels_last)
        noise, sigma = torch.randn_like(clean), sample_sigmas(len(clean)).to(device)
        share = sigma.view(-1, 1, 1, 1)
        with half_precision(device):
            noisy = (1 - share) * clean + share * noise
            velocity = loop.module(noisy, sigma * NUM_TRAIN_TIMESTEPS, prompt_embeds).sample
        loss: Tensor = (velocity.float() - (noise - clean)).square().mean()
        return loss

    return loop.run(compute_loss, progress)


def sample_sigmas(count: int) -> Tensor:
    """Sample shares of noise (0..1): mostly in the middle, where the composition is decided."""
    middle = torch.sigmoid(torch.randn(count) * 1.1 + 0.2)
    return torch.where(torch.rand(count) < 0.25, torch.rand(count), middle)


def _batch_indices(training: int, batch: int, seed: int, step: int) -> np.ndarray:
    """Return the indices of a step's pictures: each comes once per epoch, shuffled anew."""
    epoch, start = divmod(step * batch, training - batch)
    return np.random.default_rng((seed, epoch)).permutation(training)[start : start + batch]


def _caption(dataset: Dataset, index: int, random: np.random.Generator) -> str:
    return "" if random.random() < CAPTION_DROPOUT else caption(dataset.scenes[index], random)
