"""Guidance distillation: train a UNet to generate without guidance, at half the work per step.

Classifier-free guidance evaluates the UNet with and without the caption and extrapolates (Ho and
Salimans, arXiv:2207.12598). A student learns to predict the result in one evaluation (Meng et al.,
arXiv:2210.03142), at points along the teacher's sampling trajectories.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from models.train.captions import caption
from models.train.device import half_precision
from models.train.latents import CHANNELS, GRID
from models.train.loop import Module, TrainingLoop
from models.train.text import tokenize
from models.train.unet import NUM_TRAIN_TIMESTEPS
from models.train.vocabulary import sample_scene

GUIDANCE = 2.5  # 1 means none; much more oversaturates the colours
TRAJECTORY_POINTS = 8  # besides the first one


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """Latents on their way from noise, and the teacher's guided velocity there.

    `latents` and `velocity` are (count, 32, 16, 16); `sigma` (count,) is the share of noise, 0..1.
    """

    latents: Tensor
    sigma: Tensor
    velocity: Tensor


@dataclass(frozen=True, slots=True)
class Teacher:
    """The UNet that needs guidance, with its text encoder."""

    unet: Any  # a UNet2DConditionModel, or any module that is called like one
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer

    def encode(self, captions: list[str]) -> Tensor:
        """Return the text encoder's states (count, 24, 128)."""
        ids = tokenize(self.tokenizer, captions).to(self.text_encoder.device)
        states: Tensor = self.text_encoder(ids).last_hidden_state
        return states

    def sample_trajectory(self, prompt_embeds: Tensor) -> Iterator[TrajectoryPoint]:
        """Generate from noise; yield points at noise levels that differ between pictures."""
        unconditional = self.encode([""]).expand_as(prompt_embeds)
        latents = torch.randn(len(prompt_embeds), CHANNELS, GRID, GRID).to(prompt_embeds.device)
        sigmas = trajectory_sigmas(len(prompt_embeds)).to(prompt_embeds.device)
        for sigma, following in pairwise(sigmas):
            velocity = self._guided_velocity(latents, sigma, prompt_embeds, unconditional)
            yield TrajectoryPoint(latents, sigma, velocity)
            latents = latents - (sigma - following).view(-1, 1, 1, 1) * velocity

    def _guided_velocity(
        self, latents: Tensor, sigma: Tensor, prompt_embeds: Tensor, unconditional: Tensor
    ) -> Tensor:
        both = torch.cat((prompt_embeds, unconditional))
        timesteps = sigma.repeat(2) * NUM_TRAIN_TIMESTEPS
        predicted: Tensor = self.unet(latents.repeat(2, 1, 1, 1), timesteps, both).sample
        with_caption, without = predicted.float().chunk(2)
        return without + GUIDANCE * (with_caption - without)


def trajectory_sigmas(count: int) -> Tensor:
    """Return (TRAJECTORY_POINTS + 2, count) shares of noise, from 1 to 0, jittered in between."""
    positions = torch.arange(TRAJECTORY_POINTS).view(-1, 1) + torch.rand(1, count)
    inner = 1 - positions / TRAJECTORY_POINTS
    return torch.cat((torch.ones(1, count), inner, torch.zeros(1, count)))


def train_student(
    loop: TrainingLoop[Module], teacher: Teacher, pictures: int, progress: Progress
) -> Module:
    """Train the loop's UNet on the trajectories of `pictures` pictures at each step."""

    def compute_loss(step: int) -> Tensor:
        random = np.random.default_rng((loop.seed, step))
        captions = [caption(sample_scene(random), random) for _ in range(pictures)]
        with half_precision(loop.device):
            with torch.no_grad():
                prompt_embeds = teacher.encode(captions)
                points = list(teacher.sample_trajectory(prompt_embeds))
            latents = torch.cat([point.latents for point in points])
            sigma = torch.cat([point.sigma for point in points])
            embeds = prompt_embeds.repeat(len(points), 1, 1)
            predicted = loop.module(latents, sigma * NUM_TRAIN_TIMESTEPS, embeds).sample
        target = torch.cat([point.velocity for point in points])
        loss: Tensor = (predicted.float() - target).square().mean()
        return loss

    return loop.run(compute_loss, progress)
