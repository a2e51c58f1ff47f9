"""Plain loops of diffusers, and the bare device time of the same denoiser and VAE."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline

from bench.gpu.model import Sizes

_PROMPT = "cartoon dwarf number {} in a forest"
_WARM_UP_CALLS = 3


def load_pipeline(folder: Path, device: str) -> Any:
    """Load a pipeline of diffusers as its documentation does."""
    dtype = torch.float32 if device == "cpu" else torch.float16
    pipeline = DiffusionPipeline.from_pretrained(folder, torch_dtype=dtype).to(device)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def plain_loop(pipeline: Any, pictures: int, batch_size: int, output: Path) -> float:
    """Return the pictures per second of a loop that saves PNG files with Pillow."""

    def generate(first: int) -> None:
        prompts = [_PROMPT.format(first + number) for number in range(batch_size)]
        images = pipeline(prompts, num_inference_steps=1, guidance_scale=0.0).images
        for number, image in enumerate(images):
            image.save(output / f"{first + number}.png")

    generate(0)
    firsts = range(0, pictures, batch_size)
    seconds = _seconds(lambda: [generate(first) for first in firsts])
    return len(firsts) * batch_size / seconds


def bare_device(pipeline: Any, sizes: Sizes, batch_size: int, *, compiled: bool) -> float:
    """Return the pictures per second of one denoising step and the VAE, and nothing else."""
    device, dtype = pipeline.unet.device, pipeline.unet.dtype
    for module in (pipeline.unet, pipeline.vae):
        module.to(memory_format=torch.channels_last)
    side = sizes.side // 8
    latents = torch.randn(batch_size, 4, side, side, device=device, dtype=dtype)
    latents = latents.to(memory_format=torch.channels_last)
    embeddings = torch.randn(batch_size, 77, sizes.text, device=device, dtype=dtype)
    timestep = torch.tensor(999, device=device)
    step = torch.compile(_step, mode="reduce-overhead") if compiled else _step

    def call() -> None:
        step(pipeline.unet, pipeline.vae, latents, timestep, embeddings)

    with torch.inference_mode():
        for _ in range(_WARM_UP_CALLS):
            call()
        calls = 3 if device.type == "cpu" else 12
        return calls * batch_size / _seconds(lambda: [call() for _ in range(calls)])


def _step(unet: Any, vae: Any, latents: Any, timestep: Any, embeddings: Any) -> Any:
    noise = unet(latents, timestep, encoder_hidden_states=embeddings, return_dict=False)[0]
    pictures = vae.decode((latents - noise) / vae.config.scaling_factor, return_dict=False)[0]
    return ((pictures / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)


def _seconds(work: Callable[[], object]) -> float:
    _synchronize()
    started = time.monotonic()
    work()
    _synchronize()
    return time.monotonic() - started


def _synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
