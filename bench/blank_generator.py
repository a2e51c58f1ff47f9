"""A generator without a model, to measure the overhead around it."""

from collections.abc import Callable

import numpy as np

from worker.generator import GenerationParameters, ModelInfo, Pixels


class BlankGenerator:
    """Returns a grey picture immediately."""

    model = ModelInfo(
        model_id="blank", device="cpu", steps=1, guidance_scale=0.0, width=256, height=256
    )

    def generate(
        self,
        parameters: list[GenerationParameters],
        on_step: Callable[[int], None],
        should_stop: Callable[[], bool],  # noqa: ARG002
    ) -> list[Pixels]:
        """Return one picture for each item of ``parameters``."""
        on_step(1)
        return [np.full((each.height, each.width, 3), 128, np.uint8) for each in parameters]
