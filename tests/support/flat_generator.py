"""A generator of flat colours, for tests of the worker around it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from wire.messages.model import ModelCapabilities
from wire.messages.parameters import GenerationParameters
from worker.generator import GeneratedPicture, Interrupted, ModelInfo, Previews

MODEL = ModelInfo(
    ModelCapabilities(
        model_id="flat", defaults={"steps": 2, "guidance_scale": 1.0, "width": 64, "height": 64}
    ),
    device="cpu",
)


@dataclass
class FlatGenerator:
    """Generates a flat colour that depends on the seed, and calls a hook of the test."""

    model: ModelInfo = MODEL
    before: Callable[[list[GenerationParameters]], None] = lambda _: None
    """Called before each batch; its errors are raised."""
    previews: Previews | None = None
    """Sent with every other step, but the last."""
    calls: list[list[GenerationParameters]] = field(default_factory=list)

    def generate(self, requests, on_step, should_stop) -> list[GeneratedPicture]:
        """Return flat pictures after reporting each step."""
        parameters = [request.parameters for request in requests]
        self.calls.append(parameters)
        self.before(parameters)
        for step in range(1, parameters[0].steps + 1):
            if self.previews and step % 2 == 0 and step < parameters[0].steps:
                on_step(step, self.previews)
            else:
                on_step(step)
            if should_stop():
                raise Interrupted
        return [
            GeneratedPicture(np.full((each.height, each.width, 3), each.seed % 256, np.uint8))
            for each in parameters
        ]
