"""The decoder: from 16 x 16 latents to 256 x 256 pixels."""

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documents use
from diffusers import AutoencoderTiny
from rich.progress import Progress
from torch import Tensor, nn

from models.train.crops import Corner, crop_pixels, decode_crops, sample_corner
from models.train.device import half_precision
from models.train.latents import CHANNELS
from models.train.loop import Module, TrainingLoop

# The decoder saturates at 3: a quarter of the latents stays far below.
SCALING_FACTOR = 4.0
LATENT_NOISE = 0.35  # so that uncertain latents of the UNet are still decoded to clean edges


def build_autoencoder(width: int, blocks: tuple[int, ...]) -> nn.Module:
    """Build an untrained autoencoder; its encoder is a stub that text-to-image never runs."""
    vae: nn.Module = cast("Any", AutoencoderTiny)(
        latent_channels=CHANNELS,
        scaling_factor=SCALING_FACTOR,
        force_upcast=False,
        encoder_block_out_channels=(8,) * 5,
        num_encoder_blocks=(0,) * 5,
        decoder_block_out_channels=(width,) * 5,
        num_decoder_blocks=blocks,
    )
    decoder = vae.get_submodule("decoder")
    for module in decoder.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    _initialize_small(decoder)
    return vae


@torch.no_grad()
def _initialize_small(decoder: nn.Module) -> None:
    """Start with small residual branches and a grey picture, or training diverges."""
    for module in decoder.modules():
        if type(module).__name__ == "AutoencoderTinyBlock":
            _convolution(module.get_submodule("conv"), -1).weight.mul_(0.2)
    layers = decoder.get_submodule("layers")
    first, last = _convolution(layers, 0), _convolution(layers, -1)
    first.weight.mul_(3)
    last.weight.mul_(0.1)
    if last.bias is not None:
        last.bias.fill_(0.5)


def _convolution(layers: nn.Module, index: int) -> nn.Conv2d:
    return cast("nn.Conv2d", cast("nn.Sequential", layers)[index])


@dataclass(frozen=True, slots=True)
class Batch:
    """Crops: their pixels (count, 3, 128, 128) in -1..1, whole latents, and corners."""

    pixels: Tensor
    latents: Tensor
    corners: list[Corner]


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures (count, 256, 256, 3) uint8 and the latents (count, 32, 16, 16) they come from."""

    pictures: np.ndarray
    latents: Tensor

    def sample_batch(self, count: int, random: np.random.Generator) -> Batch:
        """Sample pictures, and a crop of each."""
        indices = random.integers(len(self.latents), size=count)
        corners = [sample_corner(self.pictures[index], random) for index in indices]
        crops = [crop_pixels(self.pictures[i], c) for i, c in zip(indices, corners, strict=True)]
        pixels = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
        return Batch(pixels, self.latents[torch.from_numpy(indices)], corners)


def train_decoder(
    loop: TrainingLoop[Module], examples: Examples, batch: int, noise: float, progress: Progress
) -> Module:
    """Train the loop's decoder on crops; `noise` is the largest deviation added to latents."""

    def compute_loss(step: int) -> Tensor:
        sampled = examples.sample_batch(batch, np.random.default_rng((loop.seed, step)))
        strength = noise * torch.rand(batch, 1, 1, 1) ** 2
        noisy = sampled.latents + torch.randn_like(sampled.latents) * strength
        return picture_loss(*decode_batch(loop.module, replace(sampled, latents=noisy)))

    return loop.run(compute_loss, progress)


def decode_batch(decoder: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return a batch's decoded crops and their targets."""
    device = next(decoder.parameters()).device
    latents = batch.latents.to(device, memory_format=torch.channels_last)
    with half_precision(device):
        decoded = decode_crops(decoder, latents / SCALING_FACTOR, batch.corners)
    return decoded.float(), batch.pixels.to(device, memory_format=torch.channels_last)


def picture_loss(decoded: Tensor, target: Tensor) -> Tensor:
    """Compare colours, differences between neighbours, and the local strength of edges.

    The first two alone prefer a blurred edge to a crisp one that is slightly off; the last term
    prefers the crisp one.
    """
    error = decoded - target
    neighbours = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    strength = (edge_strength(decoded) - edge_strength(target)).abs().mean()
    return 2 * error.abs().mean() + error.square().mean() + 0.1 * neighbours + 10 * strength


def edge_strength(pictures: Tensor) -> Tensor:
    """Return the root mean square difference between neighbours in 4 x 4 pixels around."""
    across, down = pictures.diff(dim=-1)[..., 1:, :], pictures.diff(dim=-2)[..., 1:]
    return F.avg_pool2d(across.square() + down.square(), 4, stride=2).add(1e-4).sqrt()
