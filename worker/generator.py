"""The interface between the worker's stages and a model. It has neither queue nor store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from core.errors import GenerationError, GenerationFailed
from wire.messages.model import ModelCapabilities
from wire.messages.parameters import GenerationParameters

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""A picture: height x width x 3, RGB."""


class OutOfMemory(GenerationFailed):
    """The device has too little memory for this batch; a smaller batch may fit."""


class DeviceLost(GenerationError):
    """The device fails until the process is restarted."""


class Interrupted(Exception):
    """Generation was interrupted, as ``should_stop`` requested."""


@dataclass(frozen=True)
class ModelInfo:
    """The loaded model: what it accepts, and how it runs on this device."""

    capabilities: ModelCapabilities
    device: str
    """The GPU's product name, or ``cpu``."""
    gpu_uuid: str | None = None
    """The UUID of an NVIDIA GPU, as its driver lists it; None for other devices."""
    batch_size: int = 1
    """The number of pictures per call at first."""
    max_batch_size: int | None = None
    """The number to which it grows while memory and time allow; None: it does not grow."""
    tiny_decoder: bool = False
    safety_checker: bool = False

    @property
    def model_id(self) -> str:
        """The hub name, folder or file of the model."""
        return self.capabilities.model_id


@dataclass(frozen=True)
class PictureRequest:
    """One picture of a call."""

    parameters: GenerationParameters
    """Without unset defaults."""
    init_image: Pixels | None = None
    """The pixels of ``parameters.init_image``."""


@dataclass(frozen=True)
class GeneratedPicture:
    """The result for one request."""

    pixels: Pixels
    withheld: bool = False
    """Whether the model's safety checker rejected the picture; its pixels are not to be shown."""
    prompt_read: str | None = None
    """The part of the prompt that the text encoder read, if it could not read all of it."""
    finish: Callable[[], Mapping[str, float]] = dict
    """Waits until the pixels have arrived from the device, and returns this picture's share of the
    phases of its batch, in seconds by the names of ``Timings`` (``encoding_text``, ``denoising``,
    ``decoding`` and ``copying``), as far as they were measured. Before, the pixels are undefined.
    Raises GenerationFailed, or DeviceLost."""
    energy_joules: float | None = None
    """This picture's share of the energy that the GPU used; None if not measured."""


Previews: TypeAlias = Callable[[], Mapping[int, Pixels]]
"""Waits for the device, and returns small pictures of a step, by the index of their request."""


class StepCallback(Protocol):
    """Receives the number of steps that are finished, and previews of some of them."""

    def __call__(self, step: int, previews: Previews | None = None, /) -> None:
        """Report a step. Its previews may be read in another thread, while generation goes on."""


class Generator(Protocol):
    """Generates batches of pictures whose parameters are compatible, see worker.stages.batching."""

    @property
    def model(self) -> ModelInfo:
        """The loaded model."""

    def generate(
        self,
        requests: list[PictureRequest],
        on_step: StepCallback,
        should_stop: Callable[[], bool],
    ) -> list[GeneratedPicture]:
        """Return one picture for each request.

        ``on_step`` is called with rising numbers up to the steps, and ``should_stop`` after each
        step. Raises MessageError if the parameters cannot be used, GenerationFailed, DeviceLost,
        or Interrupted once ``should_stop`` returns true.
        """
