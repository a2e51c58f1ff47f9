"""A generator without a model, to measure the overhead around it."""

from collections.abc import Callable

import numpy as np

from wire.messages.model import ModelCapabilities
from worker.generator import GeneratedPicture, ModelInfo, PictureRequest


class BlankGenerator:
    """Returns a grey picture immediately."""

    model = ModelInfo(
        ModelCapabilities(
            model_id="blank",
            defaults={"steps": 1, "guidance_scale": 0.0, "width": 256, "height": 256},
        ),
        device="cpu",
    )

    def generate(
        self,
        requests: list[PictureRequest],
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],  # noqa: ARG002
    ) -> list[GeneratedPicture]:
        """Return one picture for each request."""
        on_step(1)
        first = requests[0].parameters
        pixels = np.full((first.height or 0, first.width or 0, 3), 128, np.uint8)
        return [GeneratedPicture(pixels) for _ in requests]
