"""Previews: what they show, how large they are, and when there are none."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.support.tiny_pipelines import build, rejecting_safety_checker
from wire.messages.event import Event, decode_event, encode_event
from wire.messages.model import ModelCapabilities
from wire.messages.parameters import GenerationParameters
from wire.messages.preview import MAX_PREVIEW_BYTES, is_preview
from worker.generator import ModelInfo, PictureRequest, Pixels
from worker.pipeline import capabilities
from worker.pipeline.generate import DiffusersGenerator
from worker.pipeline.load import load
from worker.pipeline.previews import LatentMap, to_grid
from worker.pipeline.read import LoadOptions
from worker.preview_file import encode_preview

DEMO = str(Path(__file__).parents[2] / "models" / "demo")
BASE = GenerationParameters(
    prompt="red house at night", seed=7, width=64, height=64, steps=5, guidance_scale=1.0
)
NOISE = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)

Steps = list[tuple[int, dict[int, Pixels]]]


def generator_of(class_name: str, **replaced: object) -> DiffusersGenerator:
    pipeline = build(class_name, **replaced)
    info = ModelInfo(
        capabilities.derive(pipeline, "tiny"),
        device="cpu",
        safety_checker=getattr(pipeline, "safety_checker", None) is not None,
    )
    return DiffusersGenerator(pipeline, info, {}, previews=True)


def steps_of(generator: DiffusersGenerator, *parameters: GenerationParameters) -> Steps:
    """Generate, and return the previews of each step."""
    steps: Steps = []

    def on_step(step: int, previews: Callable[[], dict[int, Pixels]] = dict) -> None:
        steps.append((step, previews()))

    generator.generate([PictureRequest(each) for each in parameters], on_step, lambda: False)
    return steps


def test_preview_shows_the_picture_before_it_is_finished():
    """Two steps before the end, the preview is the finished picture with some noise."""
    generator = load(DEMO, "cpu", LoadOptions(previews=True))
    parameters = BASE.model_copy(update={"width": 256, "height": 256, "steps": 8})
    steps = steps_of(generator, parameters)
    assert [step for step, previews in steps if previews] == [2, 4, 6]
    [picture] = generator.generate([PictureRequest(parameters)], lambda *_: None, lambda: False)
    likeness = [_correlation(previews[0], picture.pixels) for _, previews in steps if previews]
    assert likeness == sorted(likeness)
    assert likeness[-1] > 0.8
    assert 0.5 < steps[5][1][0].std() / picture.pixels.std() < 1.5  # neither grey nor garish


def _correlation(preview: Pixels, picture: Pixels) -> float:
    height, width, _ = preview.shape
    small = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BOX))
    return float(np.corrcoef(preview.ravel(), small.ravel())[0, 1])


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        ("StableDiffusionPipeline", (8, 16, 3)),
        ("LatentConsistencyModelPipeline", (8, 16, 3)),
        ("FluxPipeline", (4, 8, 3)),
        ("QwenImagePipeline", (4, 8, 3)),
        ("Flux2KleinPipeline", (4, 8, 3)),
        ("IFPipeline", (48, 48, 3)),
    ],
)
def test_families_have_previews(model: str, shape: tuple[int, ...]):
    """Latents in a grid, packed into tokens, and pixels: each picture has the right shape."""
    width = 64 if model == "IFPipeline" else 128
    parameters = BASE.model_copy(update={"width": width})
    steps = steps_of(generator_of(model), parameters, parameters.model_copy(update={"seed": 8}))
    shapes = [{index: each.shape for index, each in previews.items()} for _, previews in steps]
    assert shapes == [{}, {0: shape, 1: shape}, {}, {0: shape, 1: shape}, {}]


def test_previews_belong_to_their_requests():
    """Long prompts are generated in a call of their own; previews have their requests' indices."""
    long = BASE.model_copy(update={"prompt": "a wooden boat in the storm, " * 5})
    steps = steps_of(generator_of("StableDiffusionPipeline"), long, BASE, long)
    assert [list(previews) for _, previews in steps] == [[], [0, 2], [], [1], []]


def test_safety_checker_prevents_previews():
    """A preview would show what the safety checker withholds."""
    generator = generator_of("StableDiffusionPipeline", **rejecting_safety_checker())
    assert not any(previews for _, previews in steps_of(generator, BASE))


def test_pipeline_without_a_map_generates_all_the_same():
    """If the map cannot be fitted, there are no previews, and jobs do not fail."""
    pipeline = build("StableDiffusionPipeline")
    without_size = ModelInfo(ModelCapabilities(model_id="tiny"), device="cpu")
    generator = DiffusersGenerator(pipeline, without_size, {}, previews=True)
    steps = steps_of(generator, BASE)
    assert steps == [(step, {}) for step in range(1, 6)]


def test_map_does_not_change_pictures():
    """With and without previews, a seed gives the same picture."""
    on, off = generator_of("StableDiffusionPipeline"), generator_of("StableDiffusionPipeline")
    off._sends_previews = False
    first, second = (
        generator.generate([PictureRequest(BASE)], lambda *_: None, lambda: False)[0].pixels
        for generator in (on, off)
    )
    assert np.array_equal(first, second)


def test_noise_is_shown_in_range():
    """Latents of schedulers that scale noise up are shown at the scale of finished ones."""
    colours = LatentMap(torch.eye(3), torch.full((3,), 0.5))
    noise = 14 * torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    [picture] = colours.start(noise, (256, 256))()
    assert np.isin(picture, (0, 255)).mean() < 0.8
    assert 118 < picture.mean() < 138


def test_large_latents_are_shrunk():
    """A preview's longer side has at most 48 pixels, whatever the shape of the picture."""
    colours = LatentMap(torch.eye(3), torch.zeros(3))
    [picture] = colours.start(torch.zeros(1, 3, 64, 128), (1024, 512))()
    assert picture.shape == (24, 48, 3)


def test_unknown_shape_of_latents_is_refused():
    """Latents of a video are no picture."""
    with pytest.raises(ValueError, match="not known"):
        to_grid(torch.zeros(1, 4, 9, 8, 8), (64, 64))


@pytest.mark.parametrize("width", [1, 16, 48])
def test_file_is_small_even_for_noise(width: int):
    """Noise compresses worst, and fits into the limit; small pictures are enlarged."""
    body = encode_preview(np.ascontiguousarray(NOISE[:, :width]))
    assert body is not None
    assert len(body) <= MAX_PREVIEW_BYTES
    assert is_preview(body)
    decoded = np.asarray(Image.open(io.BytesIO(body)))
    assert decoded.shape == (48, width, 3)


def test_event_carries_its_preview():
    """A preview survives the journey as JSON."""
    event = Event(kind="step", step=2, steps=4, preview=encode_preview(NOISE))
    assert decode_event(encode_event(event)) == event


@pytest.mark.parametrize(
    "preview",
    [
        "!",
        "ď",
        7,
        ["a"],
        "",
        "aGVsbG8=",
        "A" * 4000,
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"\xff\xd8\xff" + bytes(40),
    ],
)
def test_invalid_preview_is_dropped(preview: object):
    """An event with a preview that is no small WebP file is an event without a preview."""
    assert Event.model_validate({"kind": "step", "step": 3, "preview": preview}).preview is None


def test_picture_of_a_huge_size_is_no_preview():
    """A few bytes can state a size that would take a browser's memory."""
    body = bytearray(encode_preview(NOISE) or b"")
    body[26:30] = b"\xff\x3f\xff\x3f"
    assert not is_preview(bytes(body))
