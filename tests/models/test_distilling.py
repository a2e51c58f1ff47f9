"""Folding the guidance into the UNet: one answer instead of two."""

import copy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from rich.progress import Progress
from torch import Tensor, nn

from models.train.captions import make_tokenizer
from models.train.distilled import STOPS, Teacher, stop_times, train_student
from models.train.latents import CHANNELS
from models.train.loop import Loop, Plan
from models.train.text import WIDTH, Reader
from models.train.unet import TIMES, new_unet


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    """Make a small UNet and a text encoder, both untrained: what they say is arbitrary."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    return Teacher(new_unet((16, 16, 16)), Reader(tokenizer).encoder, tokenizer)


def test_a_walk_leads_from_noise_to_the_picture() -> None:
    """Every picture begins as noise, stops at falling times of its own, and ends without noise."""
    times = stop_times(5)
    assert times.shape == (STOPS + 2, 5)
    assert (times[0] == 1).all()
    assert (times[-1] == 0).all()
    assert (times.diff(dim=0) <= 0).all()
    assert len(times[1].unique()) == 5


@torch.no_grad()
def test_the_teacher_points_beyond_its_answer_with_the_caption(teacher: Teacher) -> None:
    """At each stop the target is guidance's formula, and the next stop lies where it points."""
    torch.manual_seed(1)
    told = teacher.read(["red house", "cat"])
    first, second, *_ = teacher.walk(told)
    time = first.time * TIMES
    with_caption = teacher.unet(first.states, time, told).sample
    without = teacher.unet(first.states, time, teacher.read(["", ""])).sample
    assert torch.allclose(first.pointed, without + 2.5 * (with_caption - without), atol=1e-4)
    way = (first.time - second.time).view(-1, 1, 1, 1)
    assert torch.allclose(second.states, first.states - way * first.pointed)


class PlainPainter(nn.Module):
    """Points by the caption alone, so that a few lessons are enough."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        super().__init__()
        self.answer = nn.Linear(WIDTH, CHANNELS)

    def forward(self, _states: Tensor, _time: Tensor, told: Tensor) -> SimpleNamespace:
        """Point the same way everywhere in a picture."""
        return SimpleNamespace(sample=self.answer(told.mean(1))[..., None, None])


def test_a_student_comes_to_answer_as_the_guided_teacher(teacher: Teacher, tmp_path: Path) -> None:
    """After some lessons the student's single answer is far nearer than the teacher's own is."""
    torch.manual_seed(2)
    guided = replace(teacher, unet=PlainPainter())
    plan = Plan("distill", steps=300, rate=3e-2)
    loop = Loop(plan, copy.deepcopy(guided.unet), tmp_path, seed=0)
    student = train_student(loop, guided, 4, Progress(disable=True))
    with torch.no_grad():
        told = guided.read(["blue fish in the sea"])
        [stop, *_] = guided.walk(told)
        taught, own = (
            (painter(stop.states, stop.time, told).sample - stop.pointed).abs().mean()
            for painter in (student, guided.unet)
        )
    assert taught < own / 5
