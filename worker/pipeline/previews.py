"""Small pictures of latents, by a linear map from latents to colours.

The map is fitted once for a loaded pipeline. One step is generated, whose result is replaced by
random latents; the map is the one that best approximates what the pipeline decodes from them.
Neither the decoder's class nor the scale of its latents need be known, so that any family works:
also those that pack latents into tokens, and those without a VAE.
"""

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from wire.messages.job import validate
from wire.messages.model import ModelCapabilities
from wire.messages.parameters import GenerationParameters
from worker.generator import Pixels
from worker.preview_file import PREVIEW_SIDE, preview_size

log = logging.getLogger(__name__)

_FIT_SIDE = 16
"""Width and height of the latents of the fit, in tokens or samples: enough for 128 channels."""
_MAX_DEVIATION = 1.5
"""Standard deviation of latents above which they are mostly noise: finished ones have about 1."""
_RANK_TOLERANCE = 1e-3

Size = tuple[int, int]
"""Width and height of a picture, in pixels."""


@dataclass(frozen=True)
class LatentMap:
    """A linear map from the channels of a sample to red, green and blue, from 0 to 1."""

    weights: torch.Tensor
    """Channels x 3."""
    bias: torch.Tensor

    def start(self, latents: torch.Tensor, size: Size) -> Callable[[], list[Pixels]]:
        """Begin to make a picture of each sample of a batch.

        Returns a function that waits for the device and returns the pictures. The device makes
        and copies them meanwhile, and nothing waits for it here.
        """
        grid = to_grid(latents, size).float()
        deviation = grid.flatten(1).std(dim=1).clamp(min=_MAX_DEVIATION)
        grid = _shrink(grid * (_MAX_DEVIATION / deviation).view(-1, 1, 1, 1))
        colours = torch.einsum("nchw,cr->nhwr", grid, self.weights) + self.bias
        as_bytes = (colours.clamp(0, 1) * 255).to(torch.uint8)
        return _copy(as_bytes)


def fit(
    pipeline: Any, model: ModelCapabilities, generate: Callable[[GenerationParameters], Pixels]
) -> LatentMap | None:
    """Return the map of a pipeline; None if it has none, which is logged.

    ``generate`` returns the picture that the pipeline generates with these parameters.
    """
    try:
        return _fit(pipeline, model, generate)
    except Exception as error:  # noqa: BLE001, pipelines raise any kind of error; jobs go on
        log.warning("There are no previews of %s: %s", model.model_id, error)
        return None


def _fit(
    pipeline: Any, model: ModelCapabilities, generate: Callable[[GenerationParameters], Pixels]
) -> LatentMap:
    side = max(min(_FIT_SIDE * model.size_multiple, int(model.defaults["width"])), model.min_side)
    one_step = {"prompt": "x", "width": side, "height": side, "steps": 1, "seed": 0}
    parameters = validate(GenerationParameters, {**model.defaults, **one_step})
    with _random_samples(pipeline, (side, side)) as samples:
        picture = generate(parameters)
    latents = samples[-1]
    grid = to_grid(latents, (side, side))[0].float()
    height, width = grid.shape[1:]
    colours = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BOX))
    solution = _least_squares(grid.flatten(1).T.cpu().numpy(), colours.reshape(-1, 3) / 255)
    weights = torch.from_numpy(solution).to(latents.device, torch.float32)
    return LatentMap(weights[:-1], weights[-1])


def _least_squares(samples: Any, colours: Any) -> Any:
    with_bias = np.column_stack([samples, np.ones(len(samples))])
    return np.linalg.lstsq(with_bias, colours, rcond=_RANK_TOLERANCE)[0]


@contextmanager
def _random_samples(pipeline: Any, size: Size) -> Iterator[list[torch.Tensor]]:
    """Let each step return random latents; yield the list of them."""
    scheduler, samples = pipeline.scheduler, []
    original = scheduler.step

    @functools.wraps(original)
    def step(*arguments: Any, **keywords: Any) -> Any:
        result = original(*arguments, **keywords)
        samples.append(_random_like(result[0], size))
        return _with_sample(result, samples[-1])

    scheduler.step = step
    try:
        yield samples
    finally:
        del scheduler.step


def _with_sample(result: Any, sample: torch.Tensor) -> Any:
    """Return a scheduler's result with another sample, also for the picture that it predicts."""

    def replace(part: Any) -> Any:
        same = isinstance(part, torch.Tensor) and part.shape == sample.shape
        return sample if same else part

    if isinstance(result, tuple):
        return tuple(replace(part) for part in result)
    return type(result)(**{name: replace(part) for name, part in result.items()})


def _random_like(sample: torch.Tensor, size: Size) -> torch.Tensor:
    """Return latents of the same shape. Neighbours are alike: no picture is white noise."""
    grid = to_grid(sample, size)
    count, channels, height, width = grid.shape
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randn(count, channels, -(-height // 2), -(-width // 2), generator=generator)
    latents = interpolate(coarse, (height, width), mode="bicubic")
    latents = (latents / latents.std()).to(sample)
    if sample.ndim == 3:
        latents = latents.flatten(2).transpose(1, 2)
    return latents.reshape(sample.shape)


def to_grid(latents: torch.Tensor, size: Size) -> torch.Tensor:
    """Return latents as samples x channels x height x width.

    Some families have a sequence of tokens, row by row, others a dimension for frames, here of
    length 1. Raises ValueError for latents of another shape.
    """
    if latents.ndim == 3:
        count, tokens, channels = latents.shape
        height = round((tokens * size[1] / size[0]) ** 0.5)
        return latents.transpose(1, 2).reshape(count, channels, height, tokens // height)
    if latents.ndim == 5 and latents.shape[2] == 1:
        return latents.squeeze(2)
    if latents.ndim != 4:
        raise ValueError(f"latents of shape {tuple(latents.shape)} are not known")
    return latents


def _shrink(grid: torch.Tensor) -> torch.Tensor:
    height, width = grid.shape[2:]
    if max(height, width) <= PREVIEW_SIDE:
        return grid
    return adaptive_avg_pool2d(grid, preview_size(height, width))


def _copy(pictures: torch.Tensor) -> Callable[[], list[Pixels]]:
    if pictures.device.type != "cuda":
        on_host = list(pictures.cpu().numpy())
        return lambda: on_host
    copied = pictures.to("cpu", non_blocking=True)
    event = torch.cuda.Event()  # type: ignore[no-untyped-call]
    event.record()

    def read() -> list[Pixels]:
        event.synchronize()
        return list(copied.numpy())

    return read
