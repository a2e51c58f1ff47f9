"""The interface between the worker's loop and a model. It knows neither queue nor store."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from core.errors import GenerationError, GenerationFailed

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""A picture: height x width x 3, RGB."""


class OutOfMemory(GenerationFailed):
    """The device has too little memory for this batch; a smaller batch may fit."""


class DeviceLost(GenerationError):
    """The device fails until the process is restarted."""


class Interrupted(Exception):
    """Generation was interrupted, as ``should_stop`` requested."""


@dataclass(frozen=True)
class GenerationParameters:
    """The parameters of one picture. Sizes are in pixels."""

    prompt: str
    seed: int
    width: int
    height: int
    steps: int


@dataclass(frozen=True)
class ModelInfo:
    """The loaded model, its device and its defaults."""

    model_id: str
    device: str
    """The GPU's product name, or ``cpu``."""
    steps: int
    guidance_scale: float
    width: int
    height: int
    batch_size: int = 1
    """The preferred number of pictures per call on this device."""
    tiny_decoder: bool = False
    safety_checker: bool = False


class Generator(Protocol):
    """Generates a batch of pictures of equal size and steps."""

    @property
    def model(self) -> ModelInfo:
        """The loaded model."""

    def generate(
        self,
        parameters: list[GenerationParameters],
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> list[Pixels]:
        """Return one picture for each item of ``parameters``.

        ``on_step`` is called with 1 … steps, and ``should_stop`` after each step.
        Raises GenerationFailed, DeviceLost, or Interrupted once ``should_stop`` returns true.
        """
