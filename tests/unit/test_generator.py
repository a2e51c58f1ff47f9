"""The diffusers generator, with a real but untrained pipeline."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.errors import GenerationFailed, ModelUnavailable
from core.model_defaults import read_model_defaults
from tests.support.noise_model import NOTICE, build
from wire.messages.parameters import GenerationParameters
from worker.generator import Interrupted, PictureRequest
from worker.pipeline.generate import DiffusersGenerator
from worker.pipeline.load import load
from worker.pipeline.read import LoadOptions

BASE = GenerationParameters(
    prompt="cartoon dwarf", seed=7, width=256, height=256, steps=4, guidance_scale=1.0
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "noise"
    build(folder)
    return folder


@pytest.fixture(scope="session")
def generator(folder: Path) -> DiffusersGenerator:
    return load(str(folder), "cpu", LoadOptions(dtype="float32"))


def generate(generator: DiffusersGenerator, *parameters: GenerationParameters) -> list[np.ndarray]:
    requests = [PictureRequest(each) for each in parameters]
    pictures = generator.generate(requests, on_step=lambda _: None, should_stop=lambda: False)
    return [picture.pixels for picture in pictures]


def changed(**fields: object) -> GenerationParameters:
    return BASE.model_copy(update=fields)


def test_picture_has_the_requested_size(generator: DiffusersGenerator):
    """A picture is height x width x 3 bytes, and not a flat colour."""
    [picture] = generate(generator, changed(width=192, height=128))
    assert picture.shape == (128, 192, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 1


def test_same_seed_gives_the_same_picture(generator: DiffusersGenerator):
    """The same seed generates the same bytes; another seed, another picture."""
    first, again, other = (generate(generator, each)[0] for each in (BASE, BASE, changed(seed=8)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_picture_does_not_depend_on_its_batch(generator: DiffusersGenerator):
    """With its seed, a picture is the same in a batch and alone.

    One grey level is allowed, since a sum over a batch may be added in another order.
    """
    batch = generate(generator, changed(seed=6, prompt="a boat"), BASE, changed(seed=8))
    [alone] = generate(generator, BASE)
    assert np.abs(batch[1].astype(int) - alone).max() <= 1


def test_other_prompt_gives_another_picture(generator: DiffusersGenerator):
    """The prompt reaches the model, even with letters that the model was not trained on."""
    pictures = generate(generator, BASE, changed(prompt="żółta łódź 🚤 " * 60))
    assert not np.array_equal(*pictures)


def test_on_step_is_called_for_each_step(generator: DiffusersGenerator):
    """The callback gets 1, 2, … up to the number of steps, once each."""
    steps = []
    generator.generate([PictureRequest(BASE)], on_step=steps.append, should_stop=lambda: False)
    assert steps == [1, 2, 3, 4]


def test_should_stop_interrupts_generation(generator: DiffusersGenerator):
    """Generation stops after the step, and the generator can be used again."""
    steps, requests = [], [PictureRequest(BASE)]
    with pytest.raises(Interrupted):
        generator.generate(requests, steps.append, should_stop=lambda: len(steps) == 2)
    assert steps == [1, 2]
    assert len(generate(generator, BASE)) == 1


def test_invalid_size_raises_generation_failed(generator: DiffusersGenerator):
    """The pipeline's error becomes GenerationFailed with its reason."""
    with pytest.raises(GenerationFailed, match="divisible by 8"):
        generate(generator, changed(width=100))


def test_model_uses_its_defaults_file(generator: DiffusersGenerator):
    """Steps, guidance and size come from the defaults.json in the model's folder."""
    model = generator.model
    of_the_file = {"steps": 4, "guidance_scale": 1.0, "width": 256, "height": 256}
    assert model.capabilities.defaults == {**of_the_file, "strength": 0.8}
    assert model.device == "cpu"
    assert model.tiny_decoder


def test_model_without_defaults_uses_those_of_its_pipeline(folder: Path, tmp_path: Path):
    """Without defaults.json, the size comes from the UNet and the guidance from the pipeline."""
    plain = shutil.copytree(folder, tmp_path / "plain")
    (plain / "defaults.json").unlink()
    defaults = load(str(plain), "cpu").model.capabilities.defaults
    assert (defaults["width"], defaults["height"]) == (256, 256)
    assert defaults["guidance_scale"] == 7.5


def test_truncated_weights_raise_model_unavailable(folder: Path, tmp_path: Path):
    """The error names the incomplete file and what to do."""
    broken = shutil.copytree(folder, tmp_path / "broken")
    weights = broken / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelUnavailable, match=f"{weights} is not a complete safetensors file"):
        load(str(broken), "cpu")


def test_defaults_are_read_without_loading_the_model(folder: Path, tmp_path: Path):
    """The page gets a model's suggestions and notice; hub models have their card's values."""
    defaults = read_model_defaults(str(folder))
    assert "cartoon dwarf" in defaults.suggestions
    assert defaults.notice == NOTICE
    assert read_model_defaults("stabilityai/sd-turbo").steps == 1
    assert read_model_defaults(str(tmp_path)) is None


@pytest.mark.parametrize("text", ["", "[]", '{"steps": 0}', '{"steps": "many"}'])
def test_invalid_defaults_name_their_file(tmp_path: Path, text: str):
    """The error of an invalid defaults.json names the file and the field."""
    (tmp_path / "defaults.json").write_text(text)
    with pytest.raises(ModelUnavailable, match=r"defaults\.json is not valid"):
        read_model_defaults(str(tmp_path))


def test_untrained_model_is_reproducible(folder: Path, tmp_path: Path):
    """Two builds have the same bytes, so a seed gives the same picture on each machine."""
    build(tmp_path)
    for name in ("unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model"):
        assert (tmp_path / f"{name}.safetensors").read_bytes() == (
            folder / f"{name}.safetensors"
        ).read_bytes()
    assert json.loads((tmp_path / "defaults.json").read_text())["notice"] == NOTICE
