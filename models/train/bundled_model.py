"""Load the bundled model and generate pictures with it, as a worker does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from diffusers import DiffusionPipeline

DEMO = Path("models/demo")


@dataclass(frozen=True, slots=True)
class BundledModel:
    """The loaded pipeline with its own steps and guidance."""

    pipeline: Any  # diffusers leaves the types of a pipeline's call open
    steps: int
    guidance: float

    def generate(self, prompts: Sequence[str], seeds: Sequence[int]) -> np.ndarray:
        """Generate (count, 256, 256, 3) uint8; a prompt and its seed always give one picture."""
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        result = self.pipeline(
            list(prompts),
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            generator=generators,
            output_type="np",
        )
        pictures: np.ndarray = (result.images * 255).round().astype(np.uint8)
        return pictures


def load_model(folder: Path = DEMO, dtype: torch.dtype = torch.float32) -> BundledModel:
    """Load the pipeline of a folder, on the CPU."""
    pipeline = cast("Any", DiffusionPipeline).from_pretrained(folder, dtype=dtype)
    pipeline.set_progress_bar_config(disable=True)
    defaults = json.loads((folder / "defaults.json").read_text())
    return BundledModel(pipeline, defaults["steps"], defaults["guidance_scale"])
