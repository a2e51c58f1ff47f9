"""A generator that paints nothing, so that only the work around it is measured."""

from collections.abc import Callable

import numpy as np

from worker.generator import GenerationParameters, ModelInfo


class BlankGenerator:
    """Returns the same grey picture at once."""

    description = ModelInfo(
        model_id="blank", device="cpu", steps=1, guidance_scale=0.0, width=256, height=256
    )

    def generate(
        self,
        parameters: list[GenerationParameters],
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],  # noqa: ARG002
    ) -> list[np.ndarray]:
        """Return one height x width x 3 uint8 array for each item of ``parameters``."""
        on_step(1)
        return [np.full((first.height, first.width, 3), 128, np.uint8) for first in parameters]
