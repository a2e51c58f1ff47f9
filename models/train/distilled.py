"""The UNet learns to paint without guidance as it does with it: half the work in every step.

Guidance asks twice, with the caption and without, and goes on from the second answer past the
first (Ho and Salimans, arXiv:2207.12598). A student learns to give the outcome in one answer
(Meng et al., arXiv:2210.03142), wherever the teacher comes by on its way from noise to a picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from rich.progress import Progress
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from models.train.captions import caption
from models.train.device import half_precision
from models.train.latents import CHANNELS, GRID
from models.train.loop import Loop
from models.train.text import tokenize
from models.train.unet import TIMES
from models.train.vocabulary import sample_scene

GUIDANCE = 2.5  # one would be none, and much more burns the colours
STOPS = 8  # on the way, besides its beginning


@dataclass(frozen=True, slots=True)
class Stop:
    """Where some pictures are on their way, and where the teacher points from there.

    `states` and `pointed` are (count, 32, 16, 16); `time` (count,) is the share of noise, 0..1.
    """

    states: Tensor
    time: Tensor
    pointed: Tensor


@dataclass(frozen=True, slots=True)
class Teacher:
    """The UNet that needs guidance, and who reads the captions."""

    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer

    def read(self, captions: list[str]) -> Tensor:
        """Return the text encoder's states (count, 24, 128)."""
        ids = tokenize(self.tokenizer, captions).to(self.text_encoder.device)
        return self.text_encoder(ids).last_hidden_state

    def walk(self, told: Tensor) -> Iterator[Stop]:
        """Paint what the captions ask for, from noise; every picture stops at times of its own."""
        untold = self.read([""]).expand_as(told)
        states = torch.randn(len(told), CHANNELS, GRID, GRID).to(told.device)
        times = stop_times(len(told)).to(told.device)
        for time, following in pairwise(times):
            pointed = self._point(states, time, told, untold)
            yield Stop(states, time, pointed)
            states = states - (time - following).view(-1, 1, 1, 1) * pointed

    def _point(self, states: Tensor, time: Tensor, told: Tensor, untold: Tensor) -> Tensor:
        told_and_untold = torch.cat((told, untold))
        answers = self.unet(states.repeat(2, 1, 1, 1), time.repeat(2) * TIMES, told_and_untold)
        with_caption, without = answers.sample.float().chunk(2)
        return without + GUIDANCE * (with_caption - without)


def stop_times(count: int) -> Tensor:
    """Return (STOPS + 2, count) shares of noise, from 1 down to 0, spread evenly in between."""
    places = torch.arange(STOPS).view(-1, 1) + torch.rand(1, count)
    return torch.cat((torch.ones(1, count), 1 - places / STOPS, torch.zeros(1, count)))


def train_student(loop: Loop, teacher: Teacher, pictures: int, progress: Progress) -> nn.Module:
    """Train the loop's UNet on the way of so many pictures at each step."""

    def loss_of(step: int) -> Tensor:
        random = np.random.default_rng((loop.seed, step))
        captions = [caption(sample_scene(random), random) for _ in range(pictures)]
        with half_precision(loop.module.device):
            with torch.no_grad():
                told = teacher.read(captions)
                stops = list(teacher.walk(told))
            states, time = (torch.cat([getattr(s, k) for s in stops]) for k in ("states", "time"))
            answer = loop.module(states, time * TIMES, told.repeat(len(stops), 1, 1)).sample
        return (answer.float() - torch.cat([stop.pointed for stop in stops])).square().mean()

    return loop.run(loss_of, progress)
