"""Guidance distillation: one evaluation of the UNet instead of two."""

import copy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from rich.progress import Progress
from torch import Tensor, nn

from models.train.captions import make_tokenizer
from models.train.distilled import TRAJECTORY_POINTS, Teacher, train_student, trajectory_sigmas
from models.train.latents import CHANNELS
from models.train.loop import Plan, TrainingLoop
from models.train.text import WIDTH, CaptionClassifier
from models.train.unet import NUM_TRAIN_TIMESTEPS, build_unet


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    """Build a small UNet and a text encoder, both untrained."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    return Teacher(build_unet((16, 16, 16)), CaptionClassifier(tokenizer).encoder, tokenizer)


def test_trajectories_lead_from_noise_to_the_picture() -> None:
    """Each picture starts as noise, has falling noise levels of its own, and ends without noise."""
    sigmas = trajectory_sigmas(5)
    assert sigmas.shape == (TRAJECTORY_POINTS + 2, 5)
    assert (sigmas[0] == 1).all()
    assert (sigmas[-1] == 0).all()
    assert (sigmas.diff(dim=0) <= 0).all()
    assert len(sigmas[1].unique()) == 5


@torch.no_grad()
def test_teacher_extrapolates_with_guidance(teacher: Teacher) -> None:
    """At each point the target is the guidance formula; the next point follows that velocity."""
    torch.manual_seed(1)
    prompt_embeds = teacher.encode(["red house", "cat"])
    first, second, *_ = teacher.sample_trajectory(prompt_embeds)
    timestep = first.sigma * NUM_TRAIN_TIMESTEPS
    with_caption = teacher.unet(first.latents, timestep, prompt_embeds).sample
    without = teacher.unet(first.latents, timestep, teacher.encode(["", ""])).sample
    assert torch.allclose(first.velocity, without + 2.5 * (with_caption - without), atol=1e-4)
    distance = (first.sigma - second.sigma).view(-1, 1, 1, 1)
    assert torch.allclose(second.latents, first.latents - distance * first.velocity)


class LinearUNet(nn.Module):
    """Predicts from the caption alone, so that a few steps of training are enough."""

    def __init__(self) -> None:
        super().__init__()
        self.predict = nn.Linear(WIDTH, CHANNELS)

    def forward(self, _latents: Tensor, _timestep: Tensor, embeds: Tensor) -> SimpleNamespace:
        """Predict the same velocity everywhere in a picture."""
        return SimpleNamespace(sample=self.predict(embeds.mean(1))[..., None, None])


def test_student_learns_the_guided_prediction(teacher: Teacher, tmp_path: Path) -> None:
    """After training, the student's single prediction is far nearer than the teacher's own."""
    torch.manual_seed(2)
    guided = replace(teacher, unet=LinearUNet())
    plan = Plan("distill", steps=300, learning_rate=3e-2)
    loop = TrainingLoop(plan, copy.deepcopy(guided.unet), tmp_path, seed=0)
    student = train_student(loop, guided, 4, Progress(disable=True))
    with torch.no_grad():
        embeds = guided.encode(["blue fish in the sea"])
        [point, *_] = guided.sample_trajectory(embeds)
        student_error, teacher_error = (
            (unet(point.latents, point.sigma, embeds).sample - point.velocity).abs().mean()
            for unet in (student, guided.unet)
        )
    assert student_error < teacher_error / 5
