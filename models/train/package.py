"""Write the trained parts as a folder that `DiffusionPipeline.from_pretrained` loads.

The annotations of diffusers do not fit its classes, so they are called as ``Any``.
"""

import json
import shutil
from pathlib import Path
from typing import Any, cast

from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
from torch import nn
from transformers import CLIPTokenizer

from models.train.canvas import PIXELS
from models.train.prompts import SUGGESTIONS
from models.train.vocabulary import COLOURS, SETTINGS, STYLES, SUBJECTS

STEPS = 8
GUIDANCE = 1.0  # none: it is distilled into the UNet, see distilled.py


def assemble(
    unet: nn.Module,
    vae: nn.Module,
    text_encoder: nn.Module,
    tokenizer: CLIPTokenizer,
) -> Any:
    """Return a pipeline of the trained parts."""
    return cast("Any", StableDiffusionPipeline)(
        vae=vae,
        unet=unet,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        scheduler=flow_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def write_pipeline(
    folder: Path,
    unet: nn.Module,
    vae: nn.Module,
    text_encoder: nn.Module,
    tokenizer: CLIPTokenizer,
) -> None:
    """Replace the folder; weights are stored in 16 bits, except the text encoder's.

    When no precision is given, transformers would keep 16 bits where diffusers widens them.
    """
    pipeline = assemble(unet.cpu().half(), vae.cpu().half(), text_encoder.cpu().float(), tokenizer)
    shutil.rmtree(folder, ignore_errors=True)
    pipeline.save_pretrained(folder, safe_serialization=True)
    _drop_unused_key(folder / "vae" / "config.json", "block_out_channels")
    (folder / "defaults.json").write_text(json.dumps(defaults(), indent=2) + "\n")


def flow_scheduler() -> Any:
    """Return a second-order scheduler for the rectified flow."""
    return cast("Any", DPMSolverMultistepScheduler)(
        num_train_timesteps=1000,
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        flow_shift=1.0,
        algorithm_type="dpmsolver++",
        solver_order=2,
        solver_type="midpoint",
        lower_order_final=True,
        final_sigmas_type="zero",
        steps_offset=1,
    )


def defaults() -> dict[str, object]:
    """Return how to run the model, and its vocabulary."""
    return {
        "steps": STEPS,
        "guidance_scale": GUIDANCE,
        "width": PIXELS,
        "height": PIXELS,
        "suggestions": list(SUGGESTIONS),
        "vocabulary": {
            "subjects": list(SUBJECTS),
            "colours": list(COLOURS),
            "settings": list(SETTINGS),
            "styles": list(STYLES),
        },
        "notice": None,
    }


def megabytes(folder: Path) -> float:
    """Return the total size of the files in the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def _drop_unused_key(path: Path, key: str) -> None:
    """Remove a key that diffusers writes and then warns about at every start."""
    config = json.loads(path.read_text())
    config.pop(key, None)
    path.write_text(json.dumps(config, indent=2) + "\n")
