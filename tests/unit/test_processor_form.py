"""How a model is computed on a processor."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.noise_model import build
from wire.messages.parameters import GenerationParameters
from worker.generator import PictureRequest
from worker.pipeline import processor_form
from worker.pipeline.load import load
from worker.pipeline.processor_form import ProcessorForm, choose, fastest_form
from worker.pipeline.read import LoadOptions

PLAIN, LAST = ProcessorForm("float32", False), ProcessorForm("float32", True)
HALF = ProcessorForm("bfloat16", True)
BFLOAT16_GREY_LEVELS = 24
"""What a picture in bfloat16 may differ by in another batch, at a few pixels."""


@pytest.mark.parametrize(
    ("seconds", "fastest"),
    [
        ({PLAIN: 2.0, LAST: 1.9}, LAST),
        ({PLAIN: 1.8, LAST: 1.9}, PLAIN),
        ({PLAIN: 2.0, LAST: 1.9, HALF: 1.0}, HALF),
        ({PLAIN: 2.0, LAST: 1.9, HALF: 1.7}, LAST),
    ],
)
def test_fastest_form_is_chosen(seconds: dict[ProcessorForm, float], fastest: ProcessorForm):
    """The shortest time wins; bfloat16, which is less precise, only by a clear margin."""
    assert choose(seconds) == fastest


@pytest.mark.parametrize("native", [True, False])
def test_bfloat16_is_measured_where_the_processor_has_it(monkeypatch, native: bool):
    """Other processors convert each number, which takes seconds; DTYPE leaves the format open."""
    measured: list[ProcessorForm] = []
    monkeypatch.setattr(processor_form, "has_native_bfloat16", lambda: native)
    monkeypatch.setattr(processor_form, "_measure", lambda form: measured.append(form) or 1.0)
    fastest_form()
    assert {form.dtype for form in measured} == {"float32"} | ({"bfloat16"} if native else set())
    measured.clear()
    assert fastest_form("bfloat16").dtype == "bfloat16"
    assert {form.dtype for form in measured} == ({"bfloat16"} if native else set())


def test_measurement_is_short():
    """It takes a fraction of a second of the processor, so that the first picture is not late."""
    form = fastest_form("float32")
    assert form.dtype == "float32"
    assert processor_form._measure(form) < 1.0


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_picture_in_a_batch_is_like_alone(tmp_path: Path, dtype: str):
    """Float32 differs by a grey level at most; bfloat16, which rounds more, at few pixels."""
    build(tmp_path)
    generator = load(str(tmp_path), "cpu", LoadOptions(dtype=dtype))
    base = GenerationParameters(
        prompt="a boat", seed=7, width=64, height=64, steps=2, guidance_scale=1.0
    )
    requests = [PictureRequest(base.model_copy(update={"seed": seed})) for seed in (6, 7, 8)]
    alone, batch = (
        generator.generate(each, lambda _: None, lambda: False)
        for each in (requests[1:2], requests)
    )
    difference = np.abs(alone[0].pixels.astype(int) - batch[1].pixels)
    assert generator._pipeline.unet.dtype == getattr(torch, dtype)
    assert difference.max() <= (1 if dtype == "float32" else BFLOAT16_GREY_LEVELS)
    assert difference.mean() < 1
