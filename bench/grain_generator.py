"""A generator that takes a fixed time per picture and returns one with the grain of a photo."""

import time
from collections.abc import Callable

import numpy as np

from wire.messages.model import ModelCapabilities
from worker.generator import GeneratedPicture, ModelInfo, PictureRequest, Pixels

_SIDE = 512
_GRAIN = 4.0
"""Standard deviation of the noise, out of 255: a flat picture would be encoded much faster."""
_BATCH_SIZE = 8


class GrainGenerator:
    """Sleeps instead of generating: the time of a device, without its load on the processor."""

    def __init__(self, seconds_per_picture: float) -> None:
        self._seconds_per_picture = seconds_per_picture
        self._pixels = _grainy_picture()
        defaults = {"steps": 1, "guidance_scale": 0.0, "width": _SIDE, "height": _SIDE}
        capabilities = ModelCapabilities(model_id="grain", defaults=defaults)
        self.model = ModelInfo(capabilities, device="none", batch_size=_BATCH_SIZE)

    def generate(
        self,
        requests: list[PictureRequest],
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],  # noqa: ARG002
    ) -> list[GeneratedPicture]:
        """Return one picture for each request."""
        time.sleep(self._seconds_per_picture * len(requests))
        on_step(1)
        return [GeneratedPicture(self._pixels) for _ in requests]


def _grainy_picture() -> Pixels:
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE]
    waves = [np.sin(columns / 50 + channel) * np.cos(rows / 70) for channel in range(3)]
    noise = np.random.default_rng(0).normal(0, _GRAIN, (_SIDE, _SIDE, 3))
    return np.clip(128 + 80 * np.stack(waves, axis=-1) + noise, 0, 255).astype(np.uint8)
