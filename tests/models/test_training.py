"""Latents, optimizer and loop: how the bundled model learns."""

from pathlib import Path

import numpy as np
import pytest
import torch
from rich.progress import Progress
from torch import Tensor, nn

from models.train.latents import CHANNELS, fit_basis
from models.train.loop import Loop, Plan, rate_at
from models.train.optimizer import orthogonal
from models.train.render import Composition, render
from models.train.vocabulary import SUBJECTS, Scene


def test_latents_are_evenly_scaled() -> None:
    """A patch becomes a few numbers whose overall deviation is one."""
    scenes = [Scene(subject, 0, 1 + subject % 8, 0) for subject in range(len(SUBJECTS))]
    pictures = np.stack([render(scene, Composition(0, 0)) for scene in scenes])
    latents = fit_basis(pictures).encode(pictures)
    assert latents.shape == (len(SUBJECTS), CHANNELS, 16, 16)
    assert float(latents.std()) == pytest.approx(1, abs=0.05)


def train_line(folder: Path, steps: int) -> Tensor:
    """Train a tiny part on the plateau, where the rate does not depend on the run's length."""
    torch.manual_seed(0)
    plan = Plan("part", steps, rate=0.01, average=0.9, decay_from=0.99)
    loop = Loop(plan, nn.Linear(4, 1), folder, seed=3)
    loop.run(lambda _: loop.module(torch.randn(8, 4)).square().mean(), Progress())
    return loop.averaged.weight


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A run that is cut and continued ends with the weights of a run in one go."""
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    cut.mkdir()
    whole.mkdir()
    train_line(cut, steps=9)
    assert torch.equal(train_line(cut, steps=20), train_line(whole, steps=20))


def test_learning_rate_warms_up_and_ends_low() -> None:
    """The rate rises, stays, and is a hundredth at the end."""
    plan = Plan("part", steps=1000, rate=1.0)
    assert rate_at(plan, 0) < 0.02
    assert rate_at(plan, 500) == 1.0
    assert rate_at(plan, 999) == pytest.approx(0.01)


def test_steps_turn_all_directions_alike() -> None:
    """Whatever the gradient's scales, a step of the UNet's weights has none that is lost."""
    torch.manual_seed(0)
    uneven = torch.randn(2, 8, 20) * torch.logspace(0, -2, 20)
    strengths = torch.linalg.svdvals(orthogonal(uneven))
    assert strengths.min() > 0.3
    assert strengths.max() < 1.5
