"""Paints prompts with the finished model, as a worker does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import DiffusionPipeline

DEMO = Path("models/demo")


@dataclass(frozen=True, slots=True)
class Painter:
    """The loaded pipeline with its own steps and guidance."""

    pipeline: DiffusionPipeline
    steps: int
    guidance: float

    def paint(self, prompts: Sequence[str], seeds: Sequence[int]) -> np.ndarray:
        """Paint (count, 256, 256, 3) uint8; a prompt and its seed always give the same picture."""
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        painted = self.pipeline(
            list(prompts),
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            generator=generators,
            output_type="np",
        )
        return (painted.images * 255).round().astype(np.uint8)


def load_painter(folder: Path = DEMO) -> Painter:
    """Load the pipeline of a folder, on the CPU in 32 bits."""
    pipeline = DiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    defaults = json.loads((folder / "defaults.json").read_text())
    return Painter(pipeline, defaults["steps"], defaults["guidance_scale"])
