"""SD-Turbo's architecture with random weights: the same arithmetic, and nothing to download."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel

from tests.support.noise_model import _tokenizer


@dataclass(frozen=True)
class Sizes:
    """What a model's arithmetic depends on."""

    side: int
    """Width and height of its pictures, in pixels."""
    unet: tuple[int, ...]
    """Channels of the UNet's blocks."""
    heads: tuple[int, ...]
    vae: tuple[int, ...]
    """Channels of the VAE's blocks."""
    text: int
    """Hidden size of the text encoder."""
    text_layers: int


SD_TURBO = Sizes(
    512, (320, 640, 1280, 1280), (5, 10, 20, 20), (128, 256, 512, 512), text=1024, text_layers=23
)
"""From the configuration files of huggingface.co/stabilityai/sd-turbo."""
TINY = Sizes(64, (32, 64, 64, 64), (4, 4, 4, 4), (32, 32, 32, 32), text=32, text_layers=2)
"""For a dry run without a GPU."""


def save_model(folder: Path, sizes: Sizes, device: str, *, tiny_vae: bool) -> Path:
    """Write a pipeline, with the full VAE or with one of TAESD's architecture."""
    torch.manual_seed(0)
    with torch.device(device):
        unet, vae = _unet(sizes), _tiny_vae() if tiny_vae else _vae(sizes)
        text_encoder = _text_encoder(sizes)
    pipeline = StableDiffusionPipeline(
        vae, text_encoder, _tokenizer(), unet, _scheduler(), None, None,
        requires_safety_checker=False,
    )  # fmt: skip
    dtype = torch.float32 if device == "cpu" else torch.float16
    pipeline.to(dtype=dtype).save_pretrained(folder)
    values = {"steps": 1, "guidance_scale": 0.0, "width": sizes.side, "height": sizes.side}
    (folder / "defaults.json").write_text(json.dumps(values))
    return folder


def _unet(sizes: Sizes) -> Any:
    return UNet2DConditionModel(
        sample_size=sizes.side // 8,
        block_out_channels=sizes.unet,
        attention_head_dim=sizes.heads,
        cross_attention_dim=sizes.text,
        use_linear_projection=True,
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    )


def _vae(sizes: Sizes) -> Any:
    return AutoencoderKL(
        sample_size=sizes.side,
        block_out_channels=sizes.vae,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
    )


def _tiny_vae() -> Any:
    vae: Any = AutoencoderTiny()
    with torch.no_grad():  # grey instead of black, so that PNG files are of a usual size
        vae.decoder.layers[-1].bias.fill_(0.5)
    return vae


def _text_encoder(sizes: Sizes) -> Any:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=49408,
            hidden_size=sizes.text,
            intermediate_size=4 * sizes.text,
            num_hidden_layers=sizes.text_layers,
            num_attention_heads=sizes.text // 64 or 1,
            hidden_act="gelu",
            projection_dim=512,
        )
    )


def _scheduler() -> Any:
    return EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        timestep_spacing="trailing",
        steps_offset=1,
    )
