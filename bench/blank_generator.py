"""A generator that paints nothing, so that only the work around it is measured."""

import numpy as np

from worker.generator import Description, Painting


class BlankGenerator:
    """Returns the same grey picture at once."""

    description = Description(
        model_id="blank", device="cpu", steps=1, guidance_scale=0.0, width=256, height=256
    )

    def paint(self, paintings: list[Painting], on_step, should_stop) -> list[np.ndarray]:  # noqa: ARG002
        """Return one height x width x 3 uint8 array for each painting."""
        on_step(1)
        return [np.full((first.height, first.width, 3), 128, np.uint8) for first in paintings]
