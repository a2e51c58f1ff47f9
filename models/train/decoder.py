"""The decoder: paints 256 x 256 pixels from 16 x 16 latents."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documents use
from diffusers import AutoencoderTiny
from rich.progress import Progress
from torch import Tensor, nn

from models.train.dataset import Dataset
from models.train.device import half_precision
from models.train.latents import CHANNELS, GRID
from models.train.loop import Loop
from models.train.render import PATCH

# The decoder squashes its input at 3: a quarter of the latents stays far below.
SCALING = 4.0
LATENT_NOISE = 0.35  # so that what the UNet leaves unclear is still painted with clean edges
CROP = 8  # latents per side of a training crop


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


def train_decoder(
    loop: Loop, dataset: Dataset, latents: Tensor, batch: int, progress: Progress
) -> nn.Module:
    """Train the loop's decoder on crops of the training pictures."""
    device = next(loop.module.parameters()).device

    def loss_of(step: int) -> Tensor:
        random = np.random.default_rng((loop.seed, step))
        pixels, codes = (part.to(device) for part in crops(dataset, latents, batch, random))
        noise = LATENT_NOISE * torch.rand(len(codes), 1, 1, 1, device=device) ** 2
        codes = codes + torch.randn_like(codes) * noise
        with half_precision(device):
            painted = loop.module(codes / SCALING)
        return picture_loss(painted.float(), pixels)

    return loop.run(loss_of, progress)


def crops(
    dataset: Dataset, latents: Tensor, count: int, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Cut pixels (count, 3, 128, 128) in -1..1 and their latents (count, 32, 8, 8)."""
    pixels, codes = [], []
    for number in random.integers(dataset.training, size=count):
        row, column = random.integers(GRID - CROP + 1, size=2)
        down, right = slice(row, row + CROP), slice(column, column + CROP)
        pixels.append(
            dataset.pictures[
                number, row * PATCH : (row + CROP) * PATCH, column * PATCH : (column + CROP) * PATCH
            ]
        )
        codes.append(latents[number, :, down, right])
    stacked = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    return stacked.contiguous(memory_format=torch.channels_last), torch.stack(codes)


def picture_loss(painted: Tensor, wanted: Tensor) -> Tensor:
    """Compare colours, how neighbours differ, and how strong the edges are all around.

    The last of these tells a crisp edge that is slightly off from a blurred one; the first two
    like the blurred one better.
    """
    error = painted - wanted
    neighbours = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    strength = (edge_strength(painted) - edge_strength(wanted)).abs().mean()
    return error.abs().mean() + error.square().mean() + 1.5 * neighbours + strength


def edge_strength(pictures: Tensor) -> Tensor:
    """Return the root mean square difference between neighbours in 4 x 4 pixels around."""
    across, down = pictures.diff(dim=-1)[..., 1:, :], pictures.diff(dim=-2)[..., 1:]
    return F.avg_pool2d(across.square() + down.square(), 4, stride=2).add(1e-4).sqrt()
