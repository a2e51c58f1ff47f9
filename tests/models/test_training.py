"""Latents, optimizer and training loop of the bundled model."""

from pathlib import Path

import numpy as np
import pytest
import torch
from rich.progress import Progress
from torch import Tensor, nn

from models.train.latents import CHANNELS, PatchBasis, fit_basis
from models.train.loop import Plan, TrainingLoop, learning_rate_at
from models.train.optimizer import orthogonalize
from models.train.render import Composition, render
from models.train.vocabulary import SUBJECTS, Scene


def test_latents_are_evenly_scaled() -> None:
    """Latents of patches have an overall standard deviation of one."""
    scenes = [Scene(subject, 0, 1 + subject % 8, 0) for subject in range(len(SUBJECTS))]
    pictures = np.stack([render(scene, Composition(0, 0)) for scene in scenes])
    latents = fit_basis(pictures).encode(pictures)
    assert latents.shape == (len(SUBJECTS), CHANNELS, 16, 16)
    assert float(latents.std()) == pytest.approx(1, abs=0.05)


def train_line(folder: Path, steps: int) -> Tensor:
    """Train a tiny module on the plateau, where the rate does not depend on the run's length."""
    torch.manual_seed(0)
    plan = Plan("part", steps, learning_rate=0.01, ema_decay=0.9, decay_from=0.99)
    loop = TrainingLoop(plan, nn.Linear(4, 1), folder, seed=3)
    loop.run(lambda _: loop.module(torch.randn(8, 4)).square().mean(), Progress())
    return loop.averaged.weight


def test_interrupted_training_resumes(tmp_path: Path) -> None:
    """A run that is interrupted and resumed ends with the weights of an uninterrupted one."""
    interrupted, whole = tmp_path / "interrupted", tmp_path / "whole"
    interrupted.mkdir()
    whole.mkdir()
    train_line(interrupted, steps=9)
    assert torch.equal(train_line(interrupted, steps=20), train_line(whole, steps=20))


def test_interrupted_write_leaves_no_basis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is interrupted while it writes a result computes it again when it is resumed."""

    def interrupt(_: object, path: Path) -> None:
        path.write_bytes(b"a part")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        PatchBasis(torch.zeros(1), torch.zeros(1)).save(tmp_path / "basis.pt")
    assert not (tmp_path / "basis.pt").exists()


def test_learning_rate_warms_up_and_ends_low() -> None:
    """The rate rises, stays, and is a hundredth at the end."""
    plan = Plan("part", steps=1000, learning_rate=1.0)
    assert learning_rate_at(plan, 0) < 0.02
    assert learning_rate_at(plan, 500) == 1.0
    assert learning_rate_at(plan, 999) == pytest.approx(0.01)


def test_updates_are_close_to_orthogonal() -> None:
    """Gradients of uneven scales become updates whose singular values are all close to one."""
    torch.manual_seed(0)
    uneven = torch.randn(2, 8, 20) * torch.logspace(0, -2, 20)
    singular_values = torch.linalg.svdvals(orthogonalize(uneven))
    assert singular_values.min() > 0.3
    assert singular_values.max() < 1.5
