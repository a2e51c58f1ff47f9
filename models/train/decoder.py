"""The decoder: paints 256 x 256 pixels from 16 x 16 latents."""

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documents use
from diffusers import AutoencoderTiny
from rich.progress import Progress
from torch import Tensor, nn

from models.train.device import half_precision
from models.train.latents import CHANNELS
from models.train.loop import Loop
from models.train.windows import Corner, choose_corner, cut_pixels, paint_windows

# The decoder squashes its input at 3: a quarter of the latents stays far below.
SCALING = 4.0
LATENT_NOISE = 0.35  # so that what the UNet leaves unclear is still painted with clean edges


def new_autoencoder(width: int, blocks: tuple[int, ...]) -> AutoencoderTiny:
    """Build an untrained autoencoder; its encoder is a stub that text-to-image never runs."""
    vae = AutoencoderTiny(
        latent_channels=CHANNELS,
        scaling_factor=SCALING,
        force_upcast=False,
        encoder_block_out_channels=(8,) * 5,
        num_encoder_blocks=(0,) * 5,
        decoder_block_out_channels=(width,) * 5,
        num_decoder_blocks=blocks,
    )
    for module in vae.decoder.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    _calm(vae.decoder)
    return vae


@torch.no_grad()
def _calm(decoder: nn.Module) -> None:
    """Start with small residual branches and a grey picture, or training diverges."""
    for module in decoder.modules():
        if type(module).__name__ == "AutoencoderTinyBlock":
            module.conv[-1].weight.mul_(0.2)
    decoder.layers[0].weight.mul_(3)
    decoder.layers[-1].weight.mul_(0.1)
    decoder.layers[-1].bias.fill_(0.5)


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows: their pixels (count, 3, 128, 128) in -1..1, whole latents, and corners."""

    pixels: Tensor
    latents: Tensor
    corners: list[Corner]


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures (count, 256, 256, 3) uint8 and the latents (count, 32, 16, 16) they come from."""

    pictures: np.ndarray
    latents: Tensor

    def draw(self, count: int, random: np.random.Generator) -> Batch:
        """Choose pictures, and a window of each."""
        chosen = random.integers(len(self.latents), size=count)
        corners = [choose_corner(self.pictures[number], random) for number in chosen]
        cut = [cut_pixels(self.pictures[n], c) for n, c in zip(chosen, corners, strict=True)]
        pixels = torch.from_numpy(np.stack(cut)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
        return Batch(pixels, self.latents[torch.from_numpy(chosen)], corners)


def train_decoder(
    loop: Loop, examples: Examples, batch: int, noise: float, progress: Progress
) -> nn.Module:
    """Train the loop's decoder on windows; `noise` is the largest deviation added to latents."""

    def loss_of(step: int) -> Tensor:
        drawn = examples.draw(batch, np.random.default_rng((loop.seed, step)))
        strength = noise * torch.rand(batch, 1, 1, 1) ** 2
        noisy = drawn.latents + torch.randn_like(drawn.latents) * strength
        return picture_loss(*paint_windows_of(loop.module, replace(drawn, latents=noisy)))

    return loop.run(loss_of, progress)


def paint_windows_of(decoder: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return a batch's windows as the decoder paints them, and as they should be."""
    device = next(decoder.parameters()).device
    codes = batch.latents.to(device, memory_format=torch.channels_last)
    with half_precision(device):
        painted = paint_windows(decoder, codes / SCALING, batch.corners)
    return painted.float(), batch.pixels.to(device, memory_format=torch.channels_last)


def picture_loss(painted: Tensor, wanted: Tensor) -> Tensor:
    """Compare colours, how neighbours differ, and how strong the edges are all around.

    The last of these tells a crisp edge that is slightly off from a blurred one; the first two
    like the blurred one better.
    """
    error = painted - wanted
    neighbours = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    strength = (edge_strength(painted) - edge_strength(wanted)).abs().mean()
    return 2 * error.abs().mean() + error.square().mean() + 0.1 * neighbours + 10 * strength


def edge_strength(pictures: Tensor) -> Tensor:
    """Return the root mean square difference between neighbours in 4 x 4 pixels around."""
    across, down = pictures.diff(dim=-1)[..., 1:, :], pictures.diff(dim=-2)[..., 1:]
    return F.avg_pool2d(across.square() + down.square(), 4, stride=2).add(1e-4).sqrt()
