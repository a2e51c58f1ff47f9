"""Save Stable Diffusion 1 as the one file that its authors published, with their names."""

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_OUTER = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
_VAE = {
    "mid_block.resnets.0": "mid.block_1",
    "mid_block.resnets.1": "mid.block_2",
    "mid_block.attentions.0": "mid.attn_1",
    "downsamplers.0": "downsample",
    "upsamplers.0": "upsample",
    "conv_norm_out": "norm_out",
    "conv_shortcut": "nin_shortcut",
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}


def save_single_file(pipeline: Any, file: Path) -> None:
    """Write UNet, VAE and text encoder of a pipeline into one file."""
    tensors = {
        **_renamed(pipeline.unet, "model.diffusion_model.", _unet_name(pipeline)),
        **_renamed(pipeline.vae, "first_stage_model.", _vae_name(pipeline)),
        **_renamed(pipeline.text_encoder, "cond_stage_model.transformer.", _text_name),
    }
    save_file(tensors, file)


def _renamed(model: Any, prefix: str, rename: Any) -> dict[str, torch.Tensor]:
    return {
        prefix + rename(name): tensor.clone().contiguous()
        for name, tensor in model.state_dict().items()
    }


def _text_name(name: str) -> str:
    return name if name.startswith("text_model.") else f"text_model.{name}"


def _unet_name(pipeline: Any) -> Any:
    layers = pipeline.unet.config.layers_per_block

    def rename(name: str) -> str:
        for ours, theirs in _OUTER.items():
            name = name.replace(ours, theirs) if name.startswith(ours) else name
        down = re.match(r"down_blocks\.(\d)\.(resnets|attentions|downsamplers)\.(\d)\.", name)
        up = re.match(r"up_blocks\.(\d)\.(resnets|attentions|upsamplers)\.(\d)\.", name)
        if down:
            level, kind, layer = int(down[1]), down[2], int(down[3])
            start = 1 + (layers + 1) * level
            block = {
                "resnets": f"input_blocks.{start + layer}.0.",
                "attentions": f"input_blocks.{start + layer}.1.",
                "downsamplers": f"input_blocks.{start + layers}.0.",
            }[kind]
            name = block + name[down.end() :].replace("conv.", "op.", kind == "downsamplers")
        if up:
            level, kind, layer = int(up[1]), up[2], int(up[3])
            start = (layers + 1) * level
            has_attention = "CrossAttn" in pipeline.unet.config.up_block_types[level]
            block = {
                "resnets": f"output_blocks.{start + layer}.0.",
                "attentions": f"output_blocks.{start + layer}.1.",
                "upsamplers": f"output_blocks.{start + layers}.{2 if has_attention else 1}.",
            }[kind]
            name = block + name[up.end() :]
        for ours, theirs in _RESNET.items():
            start = r"^((?:in|out)put_blocks\.\d+\.\d|middle_block\.\d)"
            name = re.sub(rf"{start}\.{ours}\.", rf"\1.{theirs}.", name)
        return name

    return rename


def _vae_name(pipeline: Any) -> Any:
    levels = len(pipeline.vae.config.block_out_channels)

    def rename(name: str) -> str:
        for ours, theirs in _VAE.items():
            name = re.sub(rf"\b{re.escape(ours)}\.", f"{theirs}.", name)
        name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
        name = re.sub(r"down_blocks\.(\d)", r"down.\1", name)
        up = re.search(r"up_blocks\.(\d)", name)
        if up:
            name = name.replace(up[0], f"up.{levels - 1 - int(up[1])}").replace("resnets", "block")
        return name

    return rename
