"""What paints pictures, as the loop sees it; it knows neither queue nor store."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.errors import GenerationError, GenerationFailed


class OutOfMemory(GenerationFailed):
    """The device had no room for so many pictures at once; fewer may fit."""


class DeviceLost(GenerationError):
    """The device fails at everything from now on; only a new process can use it."""


class Interrupted(Exception):
    """The painting was left unfinished, as ``should_stop`` asked."""


@dataclass(frozen=True)
class GenerationParameters:
    """One picture to be painted. Sizes in pixels."""

    prompt: str
    seed: int
    width: int
    height: int
    steps: int


@dataclass(frozen=True)
class ModelInfo:
    """What the generator is, and what it does where a job leaves it the choice."""

    model_id: str
    device: str
    """The GPU's product name, or ``cpu``."""
    steps: int
    guidance_scale: float
    width: int
    height: int
    batch_size: int = 1
    """Pictures that the device likes to paint at once."""
    tiny_decoder: bool = False
    safety_checker: bool = False


class Generator(Protocol):
    """Paints pictures of one size and one number of steps at once."""

    @property
    def model(self) -> ModelInfo:
        """What this generator is."""

    def generate(
        self,
        parameters: list[GenerationParameters],
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> list[np.ndarray]:
        """Return one array for each painting: height x width x 3, uint8, RGB.

        ``on_step`` is called with 1 … steps; ``should_stop`` is asked after each step.
        Raises GenerationFailed, DeviceLost, or Interrupted after ``should_stop`` said yes.
        """
