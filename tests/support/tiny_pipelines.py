"""Pipelines of tiny components with random weights, by class name."""

from typing import Any

import diffusers
import torch
from diffusers.pipelines.deepfloyd_if.safety_checker import IFSafetyChecker
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPImageProcessor

from tests.support.tiny.components import HIDDEN
from tests.support.tiny.dits import TRANSFORMERS
from tests.support.tiny.unets import UNETS


def build(class_name: str, **replaced: Any) -> Any:
    """Build a pipeline; equal calls give equal weights."""
    torch.manual_seed(0)
    parts = {**UNETS, **TRANSFORMERS}[class_name]()
    pipeline = getattr(diffusers, class_name)(**{**parts, **replaced})
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


_VISION = {
    "hidden_size": HIDDEN,
    "intermediate_size": HIDDEN,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 30,
    "patch_size": 10,
    "projection_dim": HIDDEN,
}


def rejecting_safety_checker() -> dict[str, Any]:
    """Build the components of a safety checker that rejects every picture."""
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=_VISION, projection_dim=HIDDEN))
    checker.concept_embeds_weights.data.fill_(-1)
    return _with_feature_extractor(checker)


def rejecting_deepfloyd_checker() -> dict[str, Any]:
    """Build the same for DeepFloyd IF, which has a checker of its own."""
    checker = IFSafetyChecker(CLIPConfig(vision_config=_VISION, projection_dim=HIDDEN))
    checker.p_head.bias.data.fill_(100)
    return _with_feature_extractor(checker)


def _with_feature_extractor(checker: torch.nn.Module) -> dict[str, Any]:
    return {
        "safety_checker": checker.eval(),
        "feature_extractor": CLIPImageProcessor(size={"shortest_edge": 30}, crop_size=30),
        "requires_safety_checker": True,
    }
