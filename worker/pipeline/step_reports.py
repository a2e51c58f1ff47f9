"""Report the steps of a batch, every other one with previews of its pictures."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from worker.generator import PictureRequest, Pixels, Previews, StepCallback
from worker.pipeline.previews import LatentMap

log = logging.getLogger(__name__)

STEPS_PER_PREVIEW = 2


@dataclass
class StepReports:
    """Reports the steps of a batch whose pictures are generated in one or several calls."""

    on_step: StepCallback
    requests: list[PictureRequest]
    steps: int
    latent_map: LatentMap | None
    """None: no previews."""
    _indices: list[int] = field(default_factory=list)

    def begin(self, group: list[PictureRequest]) -> list[PictureRequest]:
        """Note which of the requests the next call generates, and return them."""
        positions = {id(request): index for index, request in enumerate(self.requests)}
        self._indices = [positions[id(request)] for request in group]
        return group

    def report(self, step: int, latents: torch.Tensor) -> None:
        """Report a step with the latents after it."""
        previews = self._previews(latents) if self._is_shown(step) else None
        if previews:
            self.on_step(step, previews)
        else:
            self.on_step(step)

    def _is_shown(self, step: int) -> bool:
        # The last step is followed by the picture itself.
        return step % STEPS_PER_PREVIEW == 0 and step < self.steps

    def _previews(self, latents: torch.Tensor) -> Previews | None:
        if self.latent_map is None:
            return None
        first = self.requests[0].parameters
        size, indices = (first.width or 1, first.height or 1), self._indices
        try:
            read = self.latent_map.start(latents, size)
        except Exception:
            log.warning("The previews of a batch failed.", exc_info=True)
            self.latent_map = None
            return None

        def by_index() -> Mapping[int, Pixels]:
            return dict(zip(indices, read(), strict=False))

        return by_index
