"""Every class of diffusers' text-to-image table: it generates, or a sentence says why not."""

import json
from pathlib import Path

import diffusers
import pytest
import torch
from diffusers.pipelines.auto_pipeline import AUTO_TEXT2IMAGE_PIPELINES_MAPPING

from core.errors import ModelUnavailable
from tests.support.tiny.dits import TRANSFORMERS
from tests.support.tiny.kolors import kolors
from tests.support.tiny.unets import UNETS
from wire.messages.model import require_accepted
from wire.messages.parameters import GenerationParameters
from worker.generator import Generator, Interrupted, PictureRequest
from worker.pipeline.families import family_of
from worker.pipeline.load import load

_TINY = {**UNETS, **TRANSFORMERS, "KolorsPipeline": kolors, "KolorsPAGPipeline": kolors}
_CLASSES = [each.__name__ for each in AUTO_TEXT2IMAGE_PIPELINES_MAPPING.values()]
_UNSUITABLE = {
    "StableDiffusionControlNetPipeline": "needs a control image",
    "StableDiffusionXLControlNetPipeline": "needs a control image",
    "StableDiffusionXLControlNetUnionPipeline": "needs a control image",
    "StableDiffusion3ControlNetPipeline": "needs a control image",
    "StableDiffusionControlNetPAGPipeline": "needs a control image",
    "StableDiffusionXLControlNetPAGPipeline": "needs a control image",
    "FluxControlPipeline": "needs a control image",
    "FluxControlNetPipeline": "needs a control image",
    "CogView4ControlPipeline": "needs a control image",
    "QwenImageControlNetPipeline": "needs a control image",
    "ZImageControlNetPipeline": "needs a control image",
    "ZImageControlNetInpaintPipeline": "repaints a masked part",
    "HeliosPipeline": "generates videos",
    "HeliosPyramidPipeline": "generates videos",
}
_NOT_BUILT = {
    "WuerstchenCombinedPipeline": "diffusers 0.42 does not find PaellaVQModel in a folder",
    "StableCascadeCombinedPipeline": "diffusers 0.42 does not find PaellaVQModel in a folder",
    "GlmImagePipeline": "needs the processor of GLM-Image",
    "QwenImage21Pipeline": "needs the processor of Qwen3-VL",
}


def test_every_class_is_in_one_list():
    """A class that a new version of diffusers adds to the table needs a row here."""
    assert sorted(_CLASSES) == sorted([*_TINY, *_UNSUITABLE, *_NOT_BUILT])


@pytest.mark.parametrize("name", _TINY)
def test_class_generates_a_batch(name: str, tmp_path: Path):
    """Two pictures of the requested size; steps are reported; a stop interrupts the call."""
    if name == "PRXPipeline":
        pytest.importorskip("ftfy")
    generator = _load(name, tmp_path)
    requests = _requests(generator)
    first_steps = []
    with pytest.raises(Interrupted):
        generator.generate(requests, first_steps.append, should_stop=lambda: True)
    assert first_steps in ([1], [])  # a prior is interrupted before the first reported step
    steps = []
    pictures = generator.generate(requests, steps.append, should_stop=lambda: False)
    size = (requests[0].parameters.height, requests[0].parameters.width, 3)
    assert [picture.pixels.shape for picture in pictures] == [size] * len(requests)
    assert steps == [1, 2]


@pytest.mark.parametrize("name", _UNSUITABLE)
def test_class_is_refused_with_the_reason(name: str, tmp_path: Path):
    """Before any weight is read, a sentence says what the class needs that jobs do not have."""
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": name}))
    with pytest.raises(ModelUnavailable, match=f"class {name} {_UNSUITABLE[name]}"):
        load(str(tmp_path), "cpu")


@pytest.mark.parametrize("name", _NOT_BUILT)
def test_class_that_is_not_built_here_reads_its_components(name: str, tmp_path: Path):
    """Without its components, such a class ends with a sentence, too."""
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": name}))
    with pytest.raises(ModelUnavailable, match=f"The model in {tmp_path} cannot be loaded"):
        load(str(tmp_path), "cpu")


def _load(name: str, folder: Path) -> Generator:
    torch.manual_seed(0)
    getattr(diffusers, name)(**_TINY[name]()).save_pretrained(folder)
    return load(str(folder), "cpu")


def _requests(generator: Generator) -> list[PictureRequest]:
    """Return a batch of requests, of the smallest size that has two different sides."""
    model = generator.model.capabilities
    width = max(model.min_side, model.size_multiple)
    size = {"width": width, "height": width + model.size_multiple}
    parameters = [
        GenerationParameters(prompt=prompt, seed=seed, steps=2, **size).with_defaults(
            model.defaults
        )
        for seed, prompt in enumerate(["red boat", "a yellow submarine in the sea"])
    ]
    for each in parameters:
        require_accepted(model, each)
    largest_batch = family_of(model.family).batch_size or len(parameters)
    return [PictureRequest(each) for each in parameters[:largest_batch]]
